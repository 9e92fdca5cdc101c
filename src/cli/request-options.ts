import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { DownloadOptions } from '../downloads/download.ts';
import { formatChecksum, parseChecksum } from '../verify/checksum.ts';
import { UsageError } from './explain.ts';
import { duration, fileName, header, metadata, wholeNumber } from './options.ts';
import type { Context } from './verb.ts';

/** What may be asked for beside a link, by `get` and `add` alike. */
export interface RequestOptions {
  readonly dir?: string;
  readonly out?: string;
  readonly connections?: number;
  readonly maxTries?: number;
  readonly retryWait?: number;
  readonly checksum?: string;
  readonly header?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
}

export function addRequestOptions(command: Command, defaultFolder: string): Command {
  return command
    .option('-d, --dir <folder>', `deliver to this folder (default: ${defaultFolder})`)
    .option('-o, --out <name>', 'name of the file; with one link only', fileName)
    .option('--connections <n>', 'connections for one file at most (default: 8)', wholeNumber(1, 64))
    .option('--max-tries <n>', 'tries without progress before it has failed', wholeNumber(1))
    .option('--retry-wait <duration>', 'wait after the first failed try; doubles', duration)
    .option('--checksum <algorithm=hex>', 'what the file must be, such as sha-256=9f86…', checksum)
    .option('--header <name: value>', 'send this header (repeatable)', header)
    .option('--meta <key=value>', 'your own note, kept with the download (repeatable)', metadata);
}

/** The options as they are stored. Throws `UsageError` where they do not fit the links. */
export function downloadOptions(options: RequestOptions, links: readonly string[]): DownloadOptions {
  if (links.length > 1 && options.out !== undefined) {
    throw new UsageError(`--out names one file and ${links.length} links were given; leave it out, or give one link`);
  }
  if (links.length > 1 && options.checksum !== undefined) {
    throw new UsageError(`--checksum is of one file and ${links.length} links were given; give one link`);
  }
  const { out: name, header: headers, checksum, connections, maxTries, retryWait } = options;
  const given = { name, headers, checksum, connections, maxTries, retryWait };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** An absolute folder; a relative one lies below the current folder. */
export function folderOf(context: Context, dir: string): string {
  if (dir === '') throw new UsageError('--dir is empty; name a folder, such as --dir ~/films');
  return resolve(context.currentFolder(), dir);
}

function checksum(text: string): string {
  try {
    return formatChecksum(parseChecksum(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${why.charAt(0).toUpperCase()}${why.slice(1)}.`);
  }
}
