import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { StepsRequest } from '../commands/commands.ts';
import type { Keep } from '../config/keep.ts';
import { Failure } from '../downloads/failure.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import { type ExitCode, worst } from './exit-codes.ts';
import { explain, UsageError } from './explain.ts';
import { type Followed, follow } from './follow.ts';
import { duration, jsonOption, metadata, waitOption, wholeNumber } from './options.ts';
import { folderOf, keepOption, repeated } from './request-options.ts';
import { type Farewell, running } from './running.ts';
import type { Context } from './verb.ts';

export interface RunOptions {
  readonly dir?: string;
  readonly then?: readonly string[];
  readonly keep?: Keep;
  readonly maxTries?: number;
  readonly retryWait?: number;
  readonly meta?: Readonly<Record<string, string>>;
  readonly wait: number;
  readonly json?: boolean;
}

/** What `run`, `convert` and `upload` have in common. */
export function addRunOptions(command: Command): Command {
  return command
    .option('-d, --dir <folder>', "put what is made into this folder (default: the file's own)")
    .option('--then <step>', 'do this afterwards, such as upload=catbox (repeatable)', repeated)
    .addOption(keepOption())
    .option('--max-tries <n>', 'tries without progress before it has failed', wholeNumber(1))
    .option('--retry-wait <duration>', 'wait after the first failed try; doubles', duration)
    .option('--meta <key=value>', 'your own note, kept with it (repeatable)', metadata)
    .addOption(waitOption())
    .addOption(jsonOption());
}

/** Runs steps on files, here or in the `serve` that is there, and waits for them as `get` does. */
export async function runFiles(
  context: Context,
  files: readonly string[],
  step: string,
  options: RunOptions,
): Promise<ExitCode> {
  const steps = [step, ...(options.then ?? [])];
  const folder = options.dir === undefined ? {} : { directory: folderOf(context, options.dir) };
  const farewell: Farewell = {};
  const work = async (longhaul: Longhaul, signal: AbortSignal): Promise<ExitCode> => {
    const server = context.hasOwnSettings ? undefined : await longhaul.server();
    const request = { steps, ...folder, ...countedWith(options), ...(server ? {} : { runner: longhaul.instance }) };
    const codes: ExitCode[] = [];
    const followed = new Map<number, Followed>();
    for (const file of files) {
      const added = await addFile(context, longhaul, file, request);
      if (typeof added === 'number') codes.push(added);
      else followed.set(added.id, added);
    }
    if (server && followed.size > 0) {
      const { look, line } = context.screen.err;
      farewell.words = `no longer following; longhaul serve (process ${server.pid}) goes on`;
      line(`${look.symbol('note')} handed to longhaul serve (process ${server.pid}), following it`);
    }
    if (followed.size === 0) return worst(codes);
    const how = { wait: options.wait, json: options.json === true, signal };
    return worst([...codes, await follow(context, longhaul, [...followed.values()], how)]);
  };
  return running(context, { role: 'get', engine: true }, work, farewell);
}

function countedWith({ keep, maxTries, retryWait, meta }: RunOptions): Partial<StepsRequest> {
  return {
    ...(keep === undefined ? {} : { keep }),
    ...(maxTries === undefined ? {} : { maxTries }),
    ...(retryWait === undefined ? {} : { retryWait }),
    ...(meta === undefined ? {} : { metadata: meta }),
  };
}

/** What is wrong with one file is said and keeps no other out; what is wrong with the steps is wrong for all. */
async function addFile(
  context: Context,
  longhaul: Longhaul,
  file: string,
  request: Omit<StepsRequest, 'path'>,
): Promise<Followed | ExitCode> {
  const { look, line } = context.screen.err;
  try {
    const { download, followed } = await longhaul.commands.runSteps({ ...request, path: await placeOf(context, file) });
    const { id, name, link } = download;
    if (followed) line(`${look.symbol('note')} ${printable(file)}: was begun before as ${id}, going on with it`);
    return { id, name, link };
  } catch (error) {
    const explained = error instanceof Failure || error instanceof UsageError ? explain(error) : undefined;
    if (!explained) throw error;
    line(`${look.symbol('failed')} ${printable(explained.message ?? '')}`);
    return explained.code;
  }
}

/** The file itself where a link leads to it. */
async function placeOf(context: Context, file: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) {
    throw new UsageError(`${file} is a link and no file; download it and go on: longhaul get LINK --then STEP`);
  }
  const path = resolve(context.currentFolder(), file);
  return realpath(path).catch(() => path);
}

/** Throws where a bitrate is no bitrate. */
export function kbps(text: string): number {
  return wholeNumber(8, 2000)(text.replace(/k$/i, ''));
}
