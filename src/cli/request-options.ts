import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AddRequest, IfExists } from '../commands/commands.ts';
import { categoryNamed } from '../config/categories.ts';
import type { Config } from '../config/config.ts';
import { type Keep, keeps } from '../config/keep.ts';
import type { Rate } from '../config/rate.ts';
import { safeName } from '../disk/safe-name.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { printable } from '../log/printable.ts';
import { formatChecksum, parseChecksum } from '../verify/checksum.ts';
import type { LinkOptions } from './asked-links.ts';
import { UsageError } from './explain.ts';
import { addHttpOptions, type HttpOptions, httpOptions } from './http-options.ts';
import { duration, fileName, filePriority, metadata, priority, rate, seed, select, wholeNumber } from './options.ts';
import type { Context } from './verb.ts';

/** What may be asked for beside a link, by `get` and `add` alike. */
export interface RequestOptions extends HttpOptions, LinkOptions {
  readonly dir?: string;
  readonly connections?: number;
  readonly maxTries?: number;
  readonly retryWait?: number;
  readonly limitRate?: Rate;
  readonly select?: readonly string[];
  readonly filePriority?: readonly string[];
  readonly sequential?: boolean;
  readonly seed?: string;
  readonly category?: string;
  readonly priority?: number;
  readonly meta?: Readonly<Record<string, string>>;
  readonly ifExists?: IfExists;
  readonly then?: readonly string[];
  readonly keep?: Keep;
}

type StepOptions = Pick<RequestOptions, 'then' | 'keep'>;

/** What may be asked for of a file, also when it is tried again. */
export type FileOptions = HttpOptions &
  Pick<
    RequestOptions,
    | 'dir'
    | 'out'
    | 'connections'
    | 'maxTries'
    | 'retryWait'
    | 'limitRate'
    | 'checksum'
    | 'select'
    | 'filePriority'
    | 'sequential'
    | 'seed'
  >;

/** `words`: what the folder and the name of the file are called. */
export function addFileOptions(command: Command, words: { readonly folder: string; readonly name: string }): Command {
  addHttpOptions(command);
  return command
    .option('-d, --dir <folder>', words.folder)
    .option('-o, --out <name>', words.name, fileName)
    .option('--connections <n>', 'connections for one file at most (default: 8)', wholeNumber(1, 64))
    .option('--max-tries <n>', 'tries without progress before it has failed', wholeNumber(1))
    .option('--retry-wait <duration>', 'wait after the first failed try; doubles', duration)
    .option('--limit-rate <rate>', 'fetch no more than this a second, such as 500k or 2MB', rate)
    .option('--select <files>', "of several files only these, such as 1,3-5,'*.mkv' or '!*.nfo'", select)
    .option('--file-priority <files>', "which of them come first or last, such as '*.mkv=high,7-=low'", filePriority)
    .option('--sequential', 'a torrent from its beginning to its end, to look into it while it comes')
    .option(
      '--seed <how-long>',
      'send a torrent to others when it is complete: 1.5 (ratio), 2h, 1.5,2h, forever or off',
      seed,
    )
    .option('--checksum <algorithm=hex>', 'what the file must be, such as sha-256=9f86…', checksum);
}

export function addRequestOptions(command: Command, defaultFolder: string): Command {
  return addFileOptions(command, {
    folder: `deliver to this folder (default: ${defaultFolder})`,
    name: 'name of the file; with one link only, or with #1 for its first glob',
  })
    .option('--category <name>', 'one of the categories of the configuration: its folder, rate, slots and priority')
    .option('--priority <priority>', 'high, normal, low, or a whole number; the higher goes first', priority)
    .option('--mirror <link>', 'another link for the same file (repeatable)', repeated)
    .option(
      '--then <step>',
      'do this when the bytes are in place, such as convert=aac:128; none: nothing (repeatable)',
      repeated,
    )
    .addOption(keepOption())
    .option('-i, --input-file <file>', 'also take the links in this file, one a line; - is standard input')
    .option('--text <text>', 'also take every link in this text, such as a message; - is standard input')
    .option('--source <name>', 'who fetches it, where several could: mega, or megacmd for the program mega-get')
    .option('--no-glob', 'take [1-9] and {a,b} in links literally')
    .option('--no-metalink', 'download a .meta4 file itself instead of what it names')
    .option('--no-torrent', 'download a .torrent file itself instead of what it names')
    .addOption(
      new Option('--if-exists <what>', 'what is there already, by link or by name and size: follow, new, skip').choices(
        ['follow', 'new', 'skip'],
      ),
    )
    .option('--meta <key=value>', 'your own note, kept with the download (repeatable)', metadata);
}

/** `--keep`. */
export function keepOption(): Option {
  return new Option('--keep <what>', 'what stays on disk after the last step (default: both)').choices(keeps);
}

/** The options as they are stored. Reads secrets from where they were said to be. Throws `UsageError`. */
export async function downloadOptions(options: FileOptions & StepOptions, context: Context): Promise<DownloadOptions> {
  if (options.out !== undefined) tellChangedName(context, options.out);
  const { out: name, checksum, connections, maxTries, retryWait, limitRate: rate } = options;
  const { select, filePriority: filePriorities, sequential, seed: seeds } = options;
  const usual = {
    name,
    checksum,
    connections,
    maxTries,
    retryWait,
    rate,
    select,
    filePriorities,
    sequential,
    seed: seeds,
  };
  const given = { ...usual, keep: options.keep, ...stepsOf(options) };
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...own, ...(await httpOptions(options, context)) };
}

/** Given, they go before the category's, also where it is `none`. */
function stepsOf({ then }: StepOptions): Pick<DownloadOptions, 'steps'> {
  if (then === undefined) return {};
  if (!then.includes('none')) return { steps: then };
  if (then.length === 1) return { steps: [] };
  throw new UsageError('--then none stands alone; leave it out, or leave the steps out');
}

/** Where it goes: the folder asked for, or the category's, or `otherwise`. Throws `UsageError`. */
export async function folderFor(context: Context, options: RequestOptions, otherwise: string): Promise<string> {
  if (options.dir !== undefined) return folderOf(context, options.dir);
  if (options.category === undefined) return otherwise;
  const { config } = await context.config();
  return categoryOf(config.categories, options.category).directory ?? otherwise;
}

/** What counts beside the link, as a request has it. */
export function countedWith({ category, priority }: RequestOptions): Pick<AddRequest, 'category' | 'priority'> {
  return { ...(category === undefined ? {} : { category }), ...(priority === undefined ? {} : { priority }) };
}

/** Throws `UsageError` that names the known ones. */
function categoryOf(categories: Config['categories'], name: string): Config['categories'][string] {
  try {
    return categoryNamed(categories, name);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** What a file may not be called is changed, for the name of a person as for that of a server; a person is told. */
function tellChangedName({ screen }: Context, asked: string): void {
  const name = safeName(asked);
  if (name === asked.normalize('NFC')) return;
  screen.err.line(
    `${screen.err.look.symbol('warning')} --out ${printable(asked)} is no safe name; the file is called ${name}`,
  );
}

/** An absolute folder; a relative one lies below the current folder. */
export function folderOf(context: Context, dir: string): string {
  if (dir === '') throw new UsageError('--dir is empty; name a folder, such as --dir ~/films');
  return resolve(context.currentFolder(), dir);
}

export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function checksum(text: string): string {
  try {
    return formatChecksum(parseChecksum(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${why.charAt(0).toUpperCase()}${why.slice(1)}.`);
  }
}
