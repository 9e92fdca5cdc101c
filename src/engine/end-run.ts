import { basename } from 'node:path';
import { setAside } from '../disk/partial.ts';
import { removeWork } from '../disk/remove-work.ts';
import type { Attempt, Download } from '../downloads/download.ts';
import { asFailure, Failure } from '../downloads/failure.ts';
import { giveUpSteps } from '../steps/give-up.ts';
import { type Change, StoreFailure } from '../store/store.ts';
import { WrongPieces } from '../verify/verify.ts';
import { recordDurable } from './fetch.ts';
import { outcomeOf } from './outcome.ts';
import { wantedName } from './places.ts';
import { fileAt, type Run } from './run.ts';
import { removeWorkFolders } from './run-steps.ts';
import { type StopOrder, Stopped } from './stop.ts';

/** Files that a message names. */
const mostNamed = 3;

/**
 * Turns whatever ended the run early into the one change of state that it means; into none where the lease is
 * lost, because then the download is somebody else's.
 */
export async function endRun(run: Run, thrown: unknown): Promise<void> {
  try {
    await end(run, thrown);
  } catch (error) {
    if (!isLost(error)) throw error;
    sayLost(run, error);
  }
}

async function end(run: Run, thrown: unknown): Promise<void> {
  const order = run.order ?? (thrown instanceof Stopped ? thrown.order : undefined);
  if (order?.by === 'lost' || isLost(thrown)) return sayLost(run, thrown);
  if (order) {
    run.ended('cancelled', order.by === 'wish' ? order.wish.wish : order.by);
    return obey(run, order);
  }
  const failure = failureOf(thrown);
  if (failure.class === 'no_space') await tellRanOut(run);
  run.ended('failed', failure.message);
  await fail(run, failure, thrown instanceof StoreFailure);
}

/** A folder that cannot even be looked at says so to the next try. */
async function tellRanOut({ parts, claim }: Run): Promise<void> {
  const { volumes, log } = parts;
  await volumes.ranOut(claim.download.directory).catch((error) => log.warn({ error }, 'a full disk does not answer'));
}

async function obey(run: Run, order: Exclude<StopOrder, { by: 'lost' }>): Promise<void> {
  if (order.by === 'choice') {
    await change(run, { to: 'pending', why: 'other files were chosen' });
    return;
  }
  if (order.by === 'shutdown' || order.by === 'window') {
    await change(run, { to: 'pending', why: order.by });
    return;
  }
  const { wish, keepPartial } = order.wish;
  if (wish === 'pause') {
    await change(run, { to: 'paused' });
    return;
  }
  const cancelled = await change(run, { to: 'cancelled' });
  if (!cancelled) return;
  // After the state is recorded, so that a crash leaves a file too many and never one too few.
  const delivered = !keepPartial && order.wish.deleteFiles === true;
  const what = { partials: !keepPartial, delivered };
  const files = run.status === 'processing' ? await run.parts.store.files(cancelled.id) : run.files;
  await removeWork(run.parts.disk, files, run.claim.download.uid, what);
  if (!keepPartial) {
    await removeWorkFolders(run);
    await giveUpElsewhere(run);
    await giveUpBegun(run);
  }
  // Also where it was asked for after the run had been told to cancel.
  if (cancelled.wish === 'remove') await forget(run);
}

/** So much younger is of somebody who adds it anew, ms. */
const stillWarm = 10_000;

/** With the last row of its link what its source kept goes, too; what cannot be removed now is tidied later. */
async function forget({ parts, claim }: Run): Promise<void> {
  const { store, clock } = parts;
  const { id, linkKey, source } = claim.download;
  await store.forget(id, clock.now());
  const named = parts.sourceNamed(source);
  if (!named.forget) return;
  const [unneeded] = await store.unneededKeys([linkKey]);
  if (unneeded === undefined) return;
  await named.forget(unneeded, clock.now() - stillWarm).catch((error: unknown) => {
    parts.log.info({ error, download: id }, 'what its source kept of it is tidied later');
  });
}

/** A program that does not answer now keeps no download from ending. */
async function giveUpElsewhere({ parts, claim }: Run): Promise<void> {
  try {
    const source = parts.sourceNamed(claim.download.source);
    await source.giveUp?.(claim.download, new AbortController().signal);
  } catch (error) {
    parts.log.warn({ error, download: claim.download.id }, 'what another program has of it is left there');
  }
}

/** What its steps began elsewhere; where that cannot be removed now, tidying tries again. */
async function giveUpBegun({ parts, claim }: Run): Promise<void> {
  const { store, clock, makeStep, log } = parts;
  const { id } = claim.download;
  const { left } = await giveUpSteps(await store.steps(id), {
    clock,
    giveUp: async (spec, mark, signal) => (await makeStep(spec)).giveUp?.(mark, signal) ?? mark,
    leave: (position, mark) => store.leaveMark(id, position, mark),
  });
  for (const text of left) log.warn({ download: id, text }, 'something of it is left elsewhere');
}

/** `isOfStore`: it is the database that cannot be written, and not what was fetched. */
async function fail(run: Run, failure: Failure, isOfStore: boolean): Promise<void> {
  const { store, clock, log, policy, random } = run.parts;
  const { download, lease } = run.claim;
  log.info({ download: download.id, class: failure.class, error: failure }, 'a try failed');
  const attempts = await store.attempts(download.id);
  const before = attempts.filter((attempt) => attempt.token < lease.token).at(-1);
  const durableBefore = attempts.find((attempt) => attempt.token === lease.token)?.fromBytes ?? 0;
  const isRestProved = failure instanceof WrongPieces || (await giveUpWrongFile(run, failure));
  const outcome = outcomeOf(
    failure,
    {
      triesInVain: download.triesInVain,
      progressed: run.durableBytes() > durableBefore || run.stepsDone > 0,
      mismatchBefore: before?.errorClass === 'checksum',
      isRestProved,
      diskErrorsBefore: isOfStore ? 0 : diskErrors(attempts.filter((attempt) => attempt.token < lease.token)),
    },
    {
      ...policy.retry,
      ...(download.options.maxTries === undefined ? {} : { maxTries: download.options.maxTries }),
      ...(download.options.retryWait === undefined ? {} : { firstWait: download.options.retryWait }),
    },
    clock.now(),
    random(),
  );
  await change(
    run,
    outcome.to === 'failed' && failure.class === 'checksum' ? await asideFirst(run, outcome, failure.file) : outcome,
  );
}

/** Of several files only the one with the wrong bytes is given up. */
async function giveUpWrongFile(run: Run, failure: Failure): Promise<boolean> {
  const wrong = failure.file === undefined ? undefined : fileAt(run, failure.file);
  if (!wrong || failure.class !== 'checksum') return false;
  await recordDurable(run, wrong, []);
  return true;
}

/** How many of the last tries ended so, up to the one after which somebody decided to try again. */
function diskErrors(attempts: readonly Attempt[]): number {
  const others = attempts
    .toReversed()
    .findIndex(({ outcome, errorClass }) => outcome !== 'retrying' || errorClass !== 'disk');
  return others === -1 ? attempts.length : others;
}

/** Wrong bytes are kept for a person to look at, under a name that nobody takes for the file, nor for a partial. */
async function asideFirst(run: Run, failed: Extract<Change, { to: 'failed' }>, wrong?: number): Promise<Change> {
  const kept: string[] = [];
  for (const file of run.files) {
    const { partialPath, position } = file;
    if (wrong !== undefined && position !== wrong) continue;
    if (partialPath)
      kept.push(basename(await setAside(run.parts.disk, partialPath, wantedName(run.claim.download, file))));
  }
  const more = kept.length > mostNamed ? ` and ${kept.length - mostNamed} more` : '';
  const names = `${kept.slice(0, mostNamed).join(', ')}${more}`;
  return { ...failed, error: { ...failed.error, message: `${failed.error.message}; kept as ${names}` } };
}

/** Undefined when the lease is lost: then nothing else is touched either. */
function change(run: Run, to: Change): Promise<Download | undefined> {
  const { store, clock } = run.parts;
  return store.change(run.claim.lease, to, clock.now());
}

function isLost(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.class === 'lost';
}

function sayLost({ claim, parts }: Run, thrown: unknown): void {
  const error = thrown instanceof Stopped ? {} : { error: asFailure(thrown) };
  parts.log.warn({ download: claim.download.id, ...error }, 'its lease is lost; nothing more of it is touched here');
}

/** A database that cannot be written for now is no fault of the download: it is tried again as it would be for any disk. */
function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof StoreFailure)) return asFailure(thrown);
  const { message } = thrown;
  return thrown.full
    ? new Failure('no_space', message, { cause: thrown })
    : new Failure('disk', message, { cause: thrown, retry: { when: 'now' } });
}
