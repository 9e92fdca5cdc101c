import type { DownloadOptions } from './download.ts';
import { Failure } from './failure.ts';

/** What is wanted of each file. Higher priorities come first; 0 is the usual one. */
export interface Wanted {
  readonly selected: boolean;
  readonly priority: number;
}

const usual: Wanted = { selected: true, priority: 0 };

/** Words for priorities of files. */
const levels: Readonly<Record<string, number>> = { high: 1, normal: 0, low: -1 };
const longestPattern = 1000;
const mostPatterns = 1000;

/**
 * `1,3-5,*.mkv`: the parts of a choice of files. Each is a number, counted from 1, a range (`3-5`, `7-`), `all`, or a
 * pattern, in which `*` stands for anything and `?` for one character; behind `!` it takes files out again. A pattern
 * with a slash is held against the path, another against the name. Throws RangeError in one sentence. Pure.
 */
export function parseSelect(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > mostPatterns || parts.some((part) => part.length > longestPattern)) {
    throw new RangeError('is too long');
  }
  for (const part of parts) {
    const bare = part.replace(/^!/, '');
    const range = rangeIn(bare);
    if (bare === '' || (range && (range[0] < 1 || range[1] < range[0]))) throw new RangeError(selectAllowed);
  }
  return parts;
}

export const selectAllowed = "must be numbers, ranges or patterns of files, such as 1,3-5,'*.mkv' or '!*.nfo', or all";

/** `*.mkv=high,3=low`: priorities of files, chosen as in `parseSelect`. Throws RangeError in one sentence. Pure. */
export function parseFilePriorities(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts) {
    const { pattern, priority } = priorityIn(part);
    if (priority === undefined || pattern.startsWith('!')) throw new RangeError(filePrioritiesAllowed);
    parseSelect(pattern);
  }
  return parts;
}

export const filePrioritiesAllowed = "must be files with high, normal or low, such as '*.mkv=high' or 1-3=low";

/**
 * What of these files is wanted; without a choice all of them. Throws `Failure('link')` where nothing is left. Pure.
 */
export function wantedOf(
  files: readonly { readonly path: string }[],
  { select, filePriorities = [] }: Pick<DownloadOptions, 'select' | 'filePriorities'>,
): readonly Wanted[] {
  if (select === undefined && filePriorities.length === 0) return files.map(() => usual);
  const paths = files.map(({ path }) => path.toLowerCase());
  const isWanted = paths.map(() => select === undefined || select[0]?.startsWith('!') === true);
  for (const part of select ?? []) {
    const matches = matcherOf(part.replace(/^!/, ''));
    const wanted = !part.startsWith('!');
    for (const [at, path] of paths.entries()) if (matches(path, at)) isWanted[at] = wanted;
  }
  if (files.length > 0 && !isWanted.includes(true)) {
    const chosen = (select ?? []).join(',');
    throw new Failure('link', `none of its ${files.length} files is chosen by ${chosen}; choose others with --select`);
  }
  const priorities = paths.map(() => 0);
  for (const part of filePriorities) {
    const { pattern, priority = 0 } = priorityIn(part);
    const matches = matcherOf(pattern);
    for (const [at, path] of paths.entries()) if (matches(path, at)) priorities[at] = priority;
  }
  return paths.map((_, at) => ({ selected: isWanted[at] === true, priority: priorities[at] ?? 0 }));
}

function priorityIn(part: string): { readonly pattern: string; readonly priority: number | undefined } {
  const [, pattern = '', level = ''] = /^(.+)=(\w+)$/.exec(part) ?? [];
  return { pattern, priority: Object.hasOwn(levels, level) ? levels[level] : undefined };
}

function matcherOf(pattern: string): (path: string, at: number) => boolean {
  if (pattern === 'all') return () => true;
  const range = rangeIn(pattern);
  if (range) return (_, at) => at + 1 >= range[0] && at + 1 <= range[1];
  const wanted = [...pattern.toLowerCase()];
  if (!pattern.includes('/')) return (path) => fits(wanted, [...path.slice(path.lastIndexOf('/') + 1)]);
  // A person may leave out the folder that all of them are in.
  return (path) => fits(wanted, [...path]) || fits(wanted, [...path.slice(path.indexOf('/') + 1)]);
}

function rangeIn(text: string): readonly [from: number, to: number] | undefined {
  const [, from, dash, to] = /^(\d{1,9})(?:(-)(\d{1,9})?)?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  if (dash === undefined) return [Number(from), Number(from)];
  return [Number(from), to === undefined ? Number.POSITIVE_INFINITY : Number(to)];
}

/** Looks back to the last star only, so that no pattern takes long. */
function fits(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let n = 0; n < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = n;
    } else if (pattern[at] === '?' || (at < pattern.length && pattern[at] === text[n])) {
      at += 1;
      n += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      n = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
