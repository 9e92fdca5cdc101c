import { stripVTControlCharacters } from 'node:util';

/** C0, DEL and C1 controls, line and paragraph separators, and what turns the direction of text around. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The same without tab and line feed. */
const obeyedInText = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A sequence that only sets colours and weights. */
const colourSequence = new RegExp(`${'\u001b'}\\[[\\d;]{0,32}m`, 'g');

const stranger = '\uFFFD';

/**
 * Foreign text (a name, a link, a message of a server) as one line that a terminal shows and never
 * obeys: control sequences are gone, any other control or direction character becomes `�`.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(obeyed, stranger);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(obeyedInText, stranger);
}

/** The same for text that carries our own colours: those stay, every other sequence goes. */
export function harmlessColoured(text: string): string {
  let result = '';
  let from = 0;
  for (const { 0: sequence, index } of text.matchAll(colourSequence)) {
    result += harmless(text.slice(from, index)) + sequence;
    from = index + sequence.length;
  }
  return result + harmless(text.slice(from));
}
