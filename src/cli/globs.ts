import { printable } from '../log/printable.ts';
import { UsageError } from './explain.ts';

/** A link that a pattern stands for, with what each of its globs became: for `#1`, `#2` in a name. */
export interface Globbed {
  readonly link: string;
  readonly parts: readonly string[];
}

type Piece = { readonly fixed: string } | { readonly size: number; at(n: number): string };

/** `[1-9]`, `[001-120]`, `[a-z]`, each with an optional step `:2`. */
const range = /^\[(?:(\d{1,15})-(\d{1,15})|([a-z])-([a-z])|([A-Z])-([A-Z]))(?::(\d{1,9}))?\]/;
const set = /^\{([^{}]*,[^{}]*)\}/;

/**
 * The links that a link with globs stands for, by curl's rules (curl(1), "Globbing"): `[001-120]` keeps
 * its zeros, `[a-z:2]` steps, `{a,b}` lists, a backslash takes a bracket literally, the last glob turns
 * fastest. What is no glob stays as it is, so that a pasted link with brackets in its name works; what was meant as one
 * and is none throws `UsageError`. Made one by one: a pattern may stand for millions.
 */
export function* globbed(pattern: string): Generator<Globbed> {
  const pieces = piecesOf(pattern);
  const globs = pieces.flatMap((piece) => ('fixed' in piece ? [] : [piece]));
  const turns = globs.map(() => 0);
  for (;;) {
    const parts = globs.map((glob, n) => glob.at(turns[n] ?? 0));
    const left = [...parts];
    yield { link: pieces.map((piece) => ('fixed' in piece ? piece.fixed : left.shift())).join(''), parts };
    let place = globs.length - 1;
    while (place >= 0 && (turns[place] ?? 0) + 1 === globs[place]?.size) turns[place--] = 0;
    if (place < 0) return;
    turns[place] = (turns[place] ?? 0) + 1;
  }
}

/** How many links a pattern stands for; 1 where it has no globs. Throws `UsageError`. */
export function globCount(pattern: string): number {
  return piecesOf(pattern).reduce((product, piece) => product * ('fixed' in piece ? 1 : piece.size), 1);
}

/** A name in which `#1` stands for what the first glob became; a number without a glob stays. */
export function numbered(name: string, parts: readonly string[]): string {
  return name.replaceAll(/#(\d{1,3})/g, (whole, number: string) => parts[Number(number) - 1] ?? whole);
}

function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = [];
  let fixed = '';
  let at = 0;
  const host =
    /^\s*[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?=\[[0-9a-f:.]*:[0-9a-f:.]*\])/i.exec(pattern)?.[0].length ?? -1;
  while (at < pattern.length) {
    const rest = pattern.slice(at, at + 4096);
    if (/^\\[[\]{}]/.test(rest)) {
      fixed += rest[1];
      at += 2;
      continue;
    }
    const found = at === host ? undefined : globAt(rest);
    if (!found) {
      fixed += pattern[at];
      at += 1;
      continue;
    }
    pieces.push({ fixed }, found.glob);
    fixed = '';
    at += found.length;
  }
  return [...pieces, { fixed }];
}

function globAt(
  text: string,
): { readonly glob: Exclude<Piece, { fixed: string }>; readonly length: number } | undefined {
  const list = set.exec(text);
  if (list) {
    const entries = (list[1] ?? '').split(',');
    return { glob: { size: entries.length, at: (n) => entries[n] ?? '' }, length: list[0].length };
  }
  const match = range.exec(text);
  if (!match) {
    const begun = /^(?:\[(?:\d+|[a-z])-[^\][]{0,15}$|\[(?:[a-z]-[A-Z]|[A-Z]-[a-z])\]|\{[^{}]*,[^{}]*$)/.exec(text)?.[0];
    if (begun !== undefined)
      throw badGlob(begun, begun.endsWith(']') ? 'mixes small and capital letters' : 'has no end');
    return undefined;
  }
  const [whole, low, high, ...rest] = match;
  const step = Number(rest[4] ?? 1);
  const letters = (rest[0] ?? rest[2] ?? '').codePointAt(0);
  const first = low === undefined ? (letters ?? 0) : Number(low);
  const last = high === undefined ? ((rest[1] ?? rest[3] ?? '').codePointAt(0) ?? 0) : Number(high);
  if (last < first) throw badGlob(whole, 'runs backwards');
  if (step === 0) throw badGlob(whole, 'has a step of 0');
  const width = low !== undefined && /^0\d/.test(low) ? low.length : 1;
  const written = (n: number) => (low === undefined ? String.fromCodePoint(n) : String(n).padStart(width, '0'));
  return {
    glob: { size: Math.floor((last - first) / step) + 1, at: (n) => written(first + n * step) },
    length: whole.length,
  };
}

function badGlob(text: string, fault: string): UsageError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new UsageError(`the glob ${printable(shown)} ${fault}; mend it, or take links literally with --no-glob`);
}
