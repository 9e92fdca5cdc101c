import type { StaleLock } from '../../commands/commands.ts';
import { wireDownload } from '../../contract/wire.ts';
import type { Longhaul } from '../../instance/longhaul.ts';
import { printable } from '../../log/printable.ts';
import { type ExitCode, exit, worst } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { jsonOption, waitOption, wholeNumber } from '../options.ts';
import { type Planned, type PlanOptions, type ResumePlan, resumePlan } from '../resume-plan.ts';
import { running } from '../running.ts';
import { nameOf } from '../texts.ts';
import { asking, type Context, type HowToOpen, type Verb } from '../verb.ts';

interface ResumeOptions {
  readonly limit?: number;
  readonly parallel?: number;
  readonly maxRetries?: number;
  readonly cleanStaleLocks?: boolean;
  readonly wait: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `longhaul resume-downloads`: works until nothing unfinished is left that is due in time. */
export const resumeDownloads: Verb = {
  define(command) {
    command
      .option('--limit <n>', 'take at most so many', wholeNumber(1))
      .option('--parallel <n>', 'so many at once (default: queue.slots of the configuration)', wholeNumber(1))
      .option('--max-retries <n>', 'leave alone what was retried so many times already', wholeNumber(1))
      .option('--clean-stale-locks', 'first release what processes held that died, and say which')
      .addOption(waitOption())
      .option('--dry-run', 'only tell what would be done, and why')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Takes what failed and may go better now, then what was interrupted or added for anybody, each the
oldest first; bytes that are there are kept. Paused downloads stay paused, and what failed for good
(a missing file, a wrong checksum) is left to longhaul retry.

Examples:
  $ longhaul resume-downloads
  $ longhaul resume-downloads --dry-run
  $ longhaul resume-downloads --parallel 2 --limit 10 --max-retries 5`,
      );
  },
  async run(command, context) {
    const options = command.opts<ResumeOptions>();
    if (options.dryRun) return asking(context, (longhaul) => preview(context, longhaul, options));
    // Before there is an engine: it would begin with others, and release what is stale without a word.
    const first = await asking(context, (longhaul) => prepare(context, longhaul, options));
    const how = {
      ...roleFor(options),
      engine: true,
      ...(options.parallel === undefined ? {} : { slots: options.parallel }),
    };
    return running(context, how, (longhaul, signal) =>
      untilNothingIsLeft(context, longhaul, { options, first, signal }),
    );
  },
};

/**
 * Without a limit it is an engine for everybody. With one it takes over each that it follows, and must
 * not be counted upon by others for the rest.
 */
function roleFor({ limit, maxRetries }: ResumeOptions): Pick<HowToOpen, 'role' | 'anyRunner'> {
  const takesAll = limit === undefined && maxRetries === undefined;
  return takesAll ? { role: 'resume-downloads', anyRunner: true } : { role: 'command' };
}

/** What is to be done first, with what failed in the queue again. */
async function prepare(context: Context, longhaul: Longhaul, options: ResumeOptions): Promise<readonly Planned[]> {
  if (options.cleanStaleLocks) await release(context, longhaul, options);
  const { take, ...left } = await resumePlan(longhaul, { ...planOf(options), failed: true });
  if (!options.json) tellLeft(context, left);
  await retryFailed(longhaul, take);
  return take;
}

/** Rounds, because downloads may be added while others run; each is followed once. */
async function untilNothingIsLeft(
  context: Context,
  longhaul: Longhaul,
  { options, first, signal }: { options: ResumeOptions; first: readonly Planned[]; signal: AbortSignal },
): Promise<ExitCode> {
  const seen = new Set<number>();
  const codes: ExitCode[] = [];
  for (let fresh = first; fresh.length > 0; ) {
    for (const { id } of fresh) seen.add(id);
    const joining = roleFor(options).role === 'resume-downloads' ? { seen } : {};
    const how = { wait: options.wait, json: options.json === true, signal, ...joining };
    codes.push(await follow(context, longhaul, fresh, how));
    if (signal.aborted) return exit.interrupted;
    const { limit, ...others } = planOf(options);
    const { take } = await resumePlan(longhaul, { ...others, failed: false });
    const more = take.filter(({ id }) => !seen.has(id));
    fresh = limit === undefined ? more : more.slice(0, Math.max(0, limit - seen.size));
  }
  if (seen.size === 0 && !options.json) context.screen.err.line('nothing to resume');
  return worst(codes);
}

/** So many at a time share a commit. */
const mostAtOnce = 100;

/** What failed stands at the top of the queue, the oldest first; one that somebody else took meanwhile is his. */
async function retryFailed({ commands }: Longhaul, planned: readonly Planned[]): Promise<void> {
  const failed = planned.filter(({ status }) => status === 'failed').toReversed();
  for (let n = 0; n < failed.length; n += mostAtOnce) {
    const some = failed.slice(n, n + mostAtOnce);
    const retry = some.map(({ id }) => commands.control(String(id), { wish: 'retry' }));
    await Promise.allSettled(retry);
    await Promise.allSettled(some.map(({ id }) => commands.move(String(id), 'top')));
  }
}

async function preview(context: Context, longhaul: Longhaul, options: ResumeOptions): Promise<ExitCode> {
  const { screen } = context;
  if (options.cleanStaleLocks) await release(context, longhaul, options);
  const { take, ...left } = await resumePlan(longhaul, { ...planOf(options), failed: true });
  for (const planned of take) {
    const { download, why } = await longhaul.commands.show(String(planned.id));
    const action = planned.status === 'failed' ? 'retry' : 'resume';
    if (options.json) screen.json({ ...wireDownload(download), action, why });
    else
      screen.out.line(
        `${screen.out.look.symbol(download.status)} ${download.id} ${nameOf(download)}: ${wordsOf(planned, why)}`,
      );
  }
  if (options.json) return exit.done;
  tellLeft(context, left);
  if (take.length === 0) screen.err.line('nothing to resume');
  return exit.done;
}

function wordsOf({ status, retryCount, errorMessage }: Planned, why: string): string {
  if (status !== 'failed') return `would go on; ${printable(why)}`;
  const before = retryCount === 1 ? '1 retry' : `${retryCount} retries`;
  return `would be tried again after ${before}; it failed: ${printable(errorMessage ?? 'without saying why')}`;
}

function tellLeft({ screen }: Context, { forGood, usedUp }: Omit<ResumePlan, 'take'>): void {
  const { look, line } = screen.err;
  if (usedUp > 0) line(`${look.symbol('note')} ${usedUp} left alone: retried as often as --max-retries allows`);
  if (forGood > 0)
    line(`${look.symbol('note')} ${forGood} left alone: failed for good (longhaul list --status failed)`);
}

async function release({ screen }: Context, longhaul: Longhaul, options: ResumeOptions): Promise<void> {
  const stale = await longhaul.commands.releaseStale({ dryRun: options.dryRun === true });
  const { look, line } = screen.err;
  const done = options.dryRun ? 'would be released' : 'released';
  for (const lock of stale)
    line(`${look.symbol('note')} ${lock.download.id} ${nameOf(lock.download)}: ${done}; ${holderText(lock)}`);
  if (stale.length === 0) line('no stale locks');
}

function holderText({ holder }: StaleLock): string {
  if (holder === null) return 'its instance is unknown and its lease has ended';
  return `\`${holder.role}\` (process ${holder.pid} on ${printable(holder.host)}) that held it is gone`;
}

function planOf({ limit, maxRetries }: ResumeOptions): Pick<PlanOptions, 'limit' | 'maxRetries'> {
  return { ...(limit === undefined ? {} : { limit }), ...(maxRetries === undefined ? {} : { maxRetries }) };
}
