import { nearest } from '../config/nearest.ts';
import { formatChecksum, parseChecksum } from '../verify/checksum.ts';
import { type InputLine, inputLines } from './input-lines.ts';
import { fileName, header } from './options.ts';

/** What an input file asks for: one file, or what is wrong with a line. */
export type InputEntry =
  | { readonly line: number; readonly link: string; readonly mirrors: readonly string[]; readonly own: InputOptions }
  | { readonly line: number; readonly wrong: string };

/** Options of one link, written below it. */
export interface InputOptions {
  readonly name?: string;
  readonly directory?: string;
  readonly checksum?: string;
  readonly headers?: readonly string[];
  readonly referer?: string;
  readonly userAgent?: string;
}

/**
 * Reads a list of links as aria2 does: one a line, with more links for the same file behind tabs;
 * indented lines below it are its options (`out=`, `dir=`, `checksum=`, `header=`, `referer=`,
 * `user-agent=`); `#` begins a comment, empty lines are nothing. A line that is wrong comes back as such
 * in its place, with the link it belongs to; the others go on.
 */
export async function* inputEntries(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<InputEntry> {
  let current: InputEntry | undefined;
  for await (const line of inputLines(stream)) {
    const text = line.number === 1 ? line.text?.replace(/^\uFEFF/, '') : line.text;
    if (text !== undefined && (text.trim() === '' || text.startsWith('#'))) continue;
    if (text !== undefined && /^[ \t]/.test(text)) {
      if (!current) yield { line: line.number, wrong: 'an option line stands below no link' };
      else current = withOption(current, text.trim(), line);
      continue;
    }
    if (current) yield current;
    current =
      text === undefined ? { line: line.number, wrong: 'is longer than 65536 characters' } : entryOf(text, line);
  }
  if (current) yield current;
}

function entryOf(text: string, { number }: InputLine): InputEntry {
  const [link = '', ...mirrors] = text.split('\t').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  return { line: number, link, mirrors, own: {} };
}

function withOption(entry: InputEntry, text: string, { number }: InputLine): InputEntry {
  if ('wrong' in entry || text.startsWith('#')) return entry;
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0)).trim();
  const read = Object.hasOwn(readers, name) ? readers[name as keyof typeof readers] : undefined;
  if (!read) {
    const near = nearest(name, Object.keys(readers));
    const what =
      at < 1 ? 'an indented line is an option of the link above it, NAME=VALUE' : `there is no option ${name}=`;
    const known = near === undefined ? `known are ${Object.keys(readers).join('=, ')}=` : `did you mean ${near}=?`;
    return { line: number, wrong: `${what}; ${known}${leftOut}` };
  }
  try {
    return { ...entry, own: { ...entry.own, ...read(text.slice(at + 1).trim(), entry.own) } };
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    return { line: number, wrong: `${name}: ${said.charAt(0).toLowerCase()}${said.slice(1)}${leftOut}` };
  }
}

/** A link without what was said of it would be another download than was asked for. */
const leftOut = ' (its link is left out)';

/** Each throws an error whose message says what is allowed. */
const readers = {
  out: (text: string): InputOptions => ({ name: fileName(text) }),
  dir: (text: string): InputOptions => ({ directory: given(text) }),
  checksum: (text: string): InputOptions => ({ checksum: formatChecksum(parseChecksum(text)) }),
  header: (text: string, { headers = [] }: InputOptions): InputOptions => ({ headers: header(text, headers) }),
  referer: (text: string): InputOptions => ({ referer: given(text) }),
  'user-agent': (text: string): InputOptions => ({ userAgent: given(text) }),
};

function given(text: string): string {
  if (text === '') throw new Error('It must not be empty.');
  return text;
}
