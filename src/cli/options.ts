import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { parsePriority, priorityAllowed } from '../config/priority.ts';
import { parseRate, type Rate, rateAllowed } from '../config/rate.ts';
import { formatSeed, parseSeed, seedAllowed } from '../config/seed.ts';
import { filePrioritiesAllowed, parseFilePriorities, parseSelect, selectAllowed } from '../downloads/selection.ts';

/**
 * What people type after options, parsed once. Each parser throws `InvalidArgumentError` with one
 * sentence that says what is allowed.
 */

/** `--wait`, and how long without it. */
export const waitOption = (): Option =>
  new Option('--wait <duration>', 'wait this long for a next try before leaving it for later')
    .argParser(duration)
    .default(600_000, '10m');

/** `--limit`, and how many without it. */
export const limitOption = (limit: number): Option =>
  new Option('--limit <n>', 'at most so many').argParser(wholeNumber(1)).default(limit);

export const jsonOption = (): Option => new Option('--json', 'print JSON on stdout, one object a line');

/** A whole number from `least`, up to `most` where one is given. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number${range}.`);
  };
}

/** `30`, `30s`, `10m`, `1h30m`: ms. */
export function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('It must be a time such as 30s, 10m or 1h30m, or a number of seconds.');
  }
}

/** `2MB`, `500k`, `off`: bytes/s. */
export function rate(text: string): Rate {
  try {
    return parseRate(text);
  } catch {
    throw new InvalidArgumentError(`It ${rateAllowed}.`);
  }
}

/** `1.5`, `2h`, `1.5,2h`, `forever`, `off`: as `parseSeed` reads it back. */
export function seed(text: string): string {
  try {
    return formatSeed(parseSeed(text));
  } catch {
    throw new InvalidArgumentError(`It ${seedAllowed}.`);
  }
}

/** `high`, `normal`, `low`, or a number. */
export function priority(text: string): number {
  try {
    return parsePriority(text);
  } catch {
    throw new InvalidArgumentError(`It ${priorityAllowed}.`);
  }
}

/** A request header, for RFC 9110 section 5: a token, a colon, and a value without line breaks. */
export function header(text: string, before: readonly string[] = []): readonly string[] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/s.exec(text);
  if (!match) throw new InvalidArgumentError("Write it as 'Name: value'.");
  const [, name = '', value = ''] = match;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not contain them
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw new InvalidArgumentError('A header must not contain line breaks or control characters.');
  }
  if (/[\u0100-\u{10ffff}]/u.test(value))
    throw new InvalidArgumentError('A header may contain Latin-1 characters only.');
  return [...before, `${name}: ${value}`];
}

/** The value of a header. */
export function headerText(text: string): string {
  const [line = ''] = header(`X: ${text}`);
  if (line === 'X: ') throw new InvalidArgumentError('It must not be empty.');
  return line.slice(3);
}

/** `1,3-5,*.mkv`: files of several; more of them behind those given before. */
export function select(text: string, before: readonly string[] = []): readonly string[] {
  try {
    return [...before, ...parseSelect(text)];
  } catch {
    throw new InvalidArgumentError(`It ${selectAllowed}.`);
  }
}

/** `*.mkv=high,3=low`. */
export function filePriority(text: string, before: readonly string[] = []): readonly string[] {
  try {
    return [...before, ...parseFilePriorities(text)];
  } catch {
    throw new InvalidArgumentError(`It ${filePrioritiesAllowed}.`);
  }
}

/** `key=value`, the caller's own. */
export function metadata(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as KEY=VALUE.');
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), text.slice(at + 1)]]);
}

/** `key=value` for one setting of the configuration; what is allowed is decided there. */
export function setting(text: string, before: readonly string[] = []): readonly string[] {
  if (text.indexOf('=') < 1) throw new InvalidArgumentError('Write it as key=value, such as queue.slots=2.');
  return [...before, text];
}

/** A name for the delivered file: one name, no path. */
export function fileName(text: string, before?: unknown): string {
  if (typeof before === 'string') throw new InvalidArgumentError('It is given twice; one file has one name.');
  if (/[/\\]/.test(text) || text === '.' || text === '..') {
    throw new InvalidArgumentError('It is a file name, not a path; name the folder with --dir.');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not contain them
  if (text.trim() === '' || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new InvalidArgumentError('A file name must not be empty or contain control characters.');
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > 255)
    throw new InvalidArgumentError(`It is ${bytes} bytes long and a file name can have 255; choose a shorter one.`);
  return text;
}
