import { wireDownload } from '../../contract/wire.ts';
import type { Download } from '../../downloads/download.ts';
import { type Status, unfinishedStatuses } from '../../downloads/states.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit, worst } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { jsonOption, waitOption, wholeNumber } from '../options.ts';
import { running } from '../running.ts';
import { nameOf } from '../texts.ts';
import { asking, type Context, type HowToOpen, type Verb } from '../verb.ts';

interface ResumeOptions {
  readonly limit?: number;
  readonly parallel?: number;
  readonly wait: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul resume-downloads`: works until nothing unfinished is left that is due in time. */
export const resumeDownloads: Verb = {
  define(command) {
    command
      .option('--limit <n>', 'take at most so many, the oldest first', wholeNumber(1))
      .option('--parallel <n>', 'so many at once (default: queue.slots of the configuration)', wholeNumber(1))
      .addOption(waitOption())
      .option('--dry-run', 'only tell what would be taken')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Takes what was interrupted and what was added for anybody. Paused downloads stay paused.

Examples:
  $ longhaul resume-downloads
  $ longhaul resume-downloads --dry-run
  $ longhaul resume-downloads --parallel 2 --limit 10`,
      );
  },
  run(command, context) {
    const options = command.opts<ResumeOptions>();
    if (options.dryRun) return asking(context, (longhaul) => preview(context, longhaul, options));
    const how = {
      ...roleFor(options.limit),
      engine: true,
      ...(options.parallel === undefined ? {} : { slots: options.parallel }),
    };
    return running(context, how, (longhaul, signal) => untilNothingIsLeft(context, longhaul, options, signal));
  },
};

/**
 * Without a limit it is an engine for everybody. With one it takes over each that it follows, and must
 * not be counted upon by others for the rest.
 */
function roleFor(limit: number | undefined): Pick<HowToOpen, 'role' | 'anyRunner'> {
  return limit === undefined ? { role: 'resume-downloads', anyRunner: true } : { role: 'command' };
}

/** Rounds, because downloads may be added while others run; each is followed once. */
async function untilNothingIsLeft(
  context: Context,
  longhaul: Longhaul,
  options: ResumeOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const seen = new Set<number>();
  const codes: ExitCode[] = [];
  for (;;) {
    const waiting = await unfinished(longhaul, (options.limit ?? Number.POSITIVE_INFINITY) - seen.size);
    const fresh = waiting.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) break;
    for (const { id } of fresh) seen.add(id);
    codes.push(await follow(context, longhaul, fresh, { wait: options.wait, json: options.json === true, signal }));
    if (signal.aborted) return exit.interrupted;
  }
  if (seen.size === 0 && !options.json) context.screen.err.line('nothing to resume');
  return worst(codes);
}

async function preview(context: Context, longhaul: Longhaul, options: ResumeOptions): Promise<ExitCode> {
  const { screen } = context;
  const downloads = await unfinished(longhaul, options.limit ?? Number.POSITIVE_INFINITY);
  for (const download of downloads) {
    if (options.json) {
      screen.json(wireDownload(download));
      continue;
    }
    const { why } = await longhaul.commands.show(String(download.id));
    screen.out.line(`${screen.out.look.symbol(download.status)} ${download.id} ${nameOf(download)}: ${printable(why)}`);
  }
  if (downloads.length === 0 && !options.json) screen.err.line('nothing to resume');
  return exit.done;
}

const page = 1000;
const resumable: readonly Status[] = unfinishedStatuses.filter((status) => status !== 'paused');

/** Oldest first, without the paused ones. */
async function unfinished(longhaul: Longhaul, limit: number): Promise<Download[]> {
  const found: Download[] = [];
  for (;;) {
    const last = found.at(-1);
    const rows = await longhaul.commands.list({
      statuses: resumable,
      limit: page,
      ...(last ? { beforeId: last.id } : {}),
    });
    found.push(...rows);
    if (rows.length < page) break;
  }
  return found.reverse().slice(0, Math.max(0, limit));
}
