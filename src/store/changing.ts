import { parseSeed } from '../config/seed.ts';
import { type Lease, withoutSecrets } from '../downloads/download.ts';
import type { EventKind } from '../downloads/events.ts';
import type { ErrorFacts } from '../downloads/failure.ts';
import { leasedStatuses, mayChange, type Status } from '../downloads/states.ts';
import { specOf } from '../downloads/steps.ts';
import { get, run, type Work } from './database.ts';
import { type DownloadRow, optionsOf, wishOptionsOf } from './rows.ts';
import { attemptByToken } from './statements/attempt-by-token.ts';
import { beginSeeding } from './statements/begin-seeding.ts';
import { clearDurable } from './statements/clear-durable.ts';
import { clearPartialPaths } from './statements/clear-partial-paths.ts';
import { countStepsLeft } from './statements/count-steps-left.ts';
import { deleteOutputs } from './statements/delete-outputs.ts';
import { deleteSteps } from './statements/delete-steps.ts';
import { endAttempt } from './statements/end-attempt.ts';
import { giveUpFile } from './statements/give-up-file.ts';
import { insertEvent } from './statements/insert-event.ts';
import { insertStep } from './statements/insert-step.ts';
import { lockLeased } from './statements/lock-leased.ts';
import { setKeptBytes } from './statements/set-kept-bytes.ts';
import { setOptions } from './statements/set-options.ts';
import { setRetention } from './statements/set-retention.ts';
import { type StateColumns, setState } from './statements/set-state.ts';
import { setWarning } from './statements/set-warning.ts';
import { stopSteps } from './statements/stop-steps.ts';
import type { AfterSteps } from './step-store.ts';
import { type Change, NotPossible } from './store.ts';

/** What goes along with a change of state. */
export interface Along {
  readonly columns?: Partial<Omit<StateColumns, 'status'>>;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly error?: ErrorFacts;
  /** How the attempt ended, where it is not the new state. */
  readonly outcome?: 'lost';
}

/**
 * The one function that changes a state. It refuses what the table of states does not allow, writes
 * the `state` event, and, where a leased state is left, ends the lease and its attempt.
 */
export function* changeState(row: DownloadRow, to: Status, now: number, along: Along = {}): Work<DownloadRow> {
  if (!mayChange(row.status, to)) {
    throw new NotPossible(`download ${row.id} is ${row.status}; it cannot become ${to}`);
  }
  const released = isLeased(row.status) && !isLeased(to);
  const changed: DownloadRow = {
    ...row,
    ...along.columns,
    ...(released ? { locked_by: null, locked_at: null, lease_until: null } : {}),
    status: to,
    called: 0,
    idle: 0,
    updated_at: now,
  };
  const rows = yield* run(setState, {
    ...stateColumnsOf(changed),
    id: row.id,
    from_status: row.status,
    from_token: row.lease_token,
    updated_at: now,
  });
  if (rows !== 1) throw new Error(`download ${row.id} changed under a lock`);
  if (released) yield* closeAttempt(changed, along.outcome ?? to, along.error, now);
  if (released && hasSteps(row)) {
    yield* run(stopSteps, { download_id: row.id, status: to === 'failed' ? 'failed' : 'pending' });
  }
  yield* tell(row, 'state', now, { ...along.detail, ...errorDetail(along.error) }, { from: row.status, to });
  return changed;
}

/** Every way out of a leased state, fenced; undefined: the lease is lost. */
export function* changeLeased(lease: Lease, asked: Change, now: number): Work<DownloadRow | undefined> {
  const row = yield* get(lockLeased, { id: lease.id, token: lease.token });
  return row && (yield* changeHeld(row, asked, now));
}

/** The same for a row that is locked already. */
export function* changeHeld(row: DownloadRow, asked: Change, now: number): Work<DownloadRow> {
  const change = insteadOf(row, asked);
  const { to } = change;
  yield* giveUpFiles(row, change);
  if (to === 'completed') yield* forgetSecrets(row, now);
  if (change.to === 'processing') {
    yield* planSteps(row);
    if (change.warning !== undefined) yield* tell(row, 'warning', now, { message: change.warning });
  }
  if (change.to === 'completed')
    for (const id of change.gaveUp ?? []) yield* run(giveUpFile, { id, download_id: row.id });
  const along = yield* alongOf(row, change, now);
  const changed = yield* changeState(row, to, now, {
    ...along,
    columns: { ...along.columns, ...remainingWish(row, to) },
  });
  if (change.to === 'completed' && change.kept) yield* keepOnly(changed, change.kept);
  if (change.to === 'completed' && change.seed !== undefined) yield* seedFromNowOn(row, change.seed);
  return yield* obeyPause(row, changed, now);
}

/** Nothing of an earlier life is left of its steps. */
export function* forgetSteps(downloadId: number): Work<void> {
  yield* run(deleteOutputs, { download_id: downloadId });
  yield* run(deleteSteps, { download_id: downloadId });
  yield* run(countStepsLeft, { id: downloadId });
  yield* run(setKeptBytes, { id: downloadId, bytes: null });
  yield* run(setWarning, { id: downloadId, warning: null });
}

/**
 * The path of a partial is a reservation: it ends with the partial. After a cancel the holder
 * removes the files that it knows; what it is told to keep stays reserved.
 */
export function* giveUpPartials(downloadId: number, status: Status, keepPartial: boolean): Work<void> {
  if (status === 'completed' || (status === 'cancelled' && !keepPartial)) {
    yield* run(clearPartialPaths, { download_id: downloadId });
  }
}

/** Writes one event of a download. */
export function* tell(
  row: Pick<DownloadRow, 'id' | 'uid'>,
  kind: EventKind,
  now: number,
  detail: Readonly<Record<string, unknown>>,
  more: { readonly from?: Status; readonly to?: Status; readonly metadata?: string } = {},
): Work<void> {
  yield* run(insertEvent, {
    at: now,
    download_id: row.id,
    uid: row.uid,
    kind,
    from_status: more.from ?? null,
    to_status: more.to ?? null,
    detail: JSON.stringify(detail),
    metadata: more.metadata ?? null,
  });
}

/** Takes a lease away whose holder is gone: pending again, and not a retry. */
export function* releaseLost(row: DownloadRow, now: number, why: string): Work<DownloadRow> {
  const released = yield* changeState(row, 'pending', now, {
    columns: remainingWish(row, 'pending'),
    detail: { why, instance: row.locked_by },
    outcome: 'lost',
  });
  return yield* obeyPause(row, released, now);
}

export function isLeased(status: Status): boolean {
  return (leasedStatuses as readonly Status[]).includes(status);
}

/** Nobody asks the other side again. What is fetched anew later, after retention, says what it needs. */
function* forgetSecrets(row: DownloadRow, now: number): Work<void> {
  const options = JSON.stringify(withoutSecrets(optionsOf(row)));
  if (options !== row.options) yield* run(setOptions, { id: row.id, options, now });
}

/** As its options say, and none of them begun. */
export function* planSteps(row: DownloadRow): Work<void> {
  if (!hasSteps(row)) return;
  yield* forgetSteps(row.id);
  for (const [position, spec] of (optionsOf(row).steps ?? []).map(specOf).entries()) {
    yield* run(insertStep, { download_id: row.id, position, ...spec });
  }
  yield* run(countStepsLeft, { id: row.id });
}

export function hasSteps(row: DownloadRow): boolean {
  return (optionsOf(row).steps ?? []).length > 0;
}

/** What left nothing on disk, or was here before, is not in the care of retention. */
function* keepOnly({ id, source }: DownloadRow, { path, bytes }: AfterSteps): Work<void> {
  yield* run(setKeptBytes, { id, bytes });
  const retention = path === null ? 'gone' : source === 'local' ? 'foreign' : null;
  if (retention !== null) yield* run(setRetention, { id, status: 'completed', retention });
}

/** Its own options go first, also when somebody changed them a moment ago. */
function* seedFromNowOn(row: DownloadRow, usual: string): Work<void> {
  const goal = parseSeed(optionsOf(row).seed ?? usual);
  if (goal) yield* run(beginSeeding, { id: row.id, goal: JSON.stringify(goal) });
}

function* giveUpFiles(row: DownloadRow, change: Change): Work<void> {
  if (change.to === 'retrying' && change.discard) yield* run(clearDurable, { download_id: row.id });
  yield* giveUpPartials(row.id, change.to, wishOptionsOf(row).keepPartial === true);
}

/**
 * Cancel and remove leave files to clear away, so they wait for an instance that holds the lease: where the holder
 * comes to another end before it hears of them, the download is given back and claimed at once for the wish alone.
 * An end answers a cancel; a removal only where there is nothing to clear away.
 */
function insteadOf(row: DownloadRow, change: Change): Change {
  const { wish } = row;
  const removes = wish === 'remove' && (change.to === 'failed' || change.to === 'completed');
  const clears = removes && (change.to === 'failed' || wishOptionsOf(row).deleteFiles === true);
  const waits = change.to === 'paused' && (wish === 'cancel' || wish === 'remove');
  return clears || waits ? { to: 'pending', why: `it was told to ${wish}` } : change;
}

/** What is left of a waiting wish after the change; an end answers every wish but `remove`. */
function remainingWish(row: DownloadRow, to: Status): Partial<StateColumns> {
  const cancelOptions = to === 'cancelled' ? { wish_options: row.wish_options } : { wish_options: null };
  if (isLeased(to)) return {};
  if (row.wish === 'remove') return {};
  if (row.wish === 'cancel' && (to === 'pending' || to === 'retrying')) return {};
  return { wish: null, ...cancelOptions };
}

/** A pause that came while the holder let go is obeyed here: nobody else would. */
function* obeyPause(before: DownloadRow, released: DownloadRow, now: number): Work<DownloadRow> {
  if (before.wish !== 'pause') return released;
  if (released.status !== 'pending' && released.status !== 'retrying') return released;
  return yield* changeState(released, 'paused', now, { columns: { waiting_for: null, next_attempt_at: null } });
}

function* alongOf(row: DownloadRow, change: Change, now: number): Work<Along> {
  switch (change.to) {
    case 'processing':
      return {
        columns: { integrity: change.integrity, download_path: change.downloadPath, file_size: change.fileSize },
        detail: { integrity: change.integrity, path: change.downloadPath, bytes: change.fileSize },
      };
    case 'completed':
      return {
        columns: {
          completed_at: now,
          error_class: null,
          error_message: null,
          tries_in_vain: 0,
          // A checkpoint that was on its way may have come after the last one.
          bytes_downloaded: row.file_size ?? row.bytes_downloaded,
          ...(change.kept ? { download_path: change.kept.path, file_size: change.kept.size } : {}),
        },
      };
    case 'retrying':
      return yield* alongRetry(row, change, now);
    case 'failed':
      return { columns: errorColumns(change.error), error: change.error };
    case 'pending':
      return { detail: { why: change.why } };
    default:
      return {};
  }
}

function* alongRetry(row: DownloadRow, change: Extract<Change, { to: 'retrying' }>, now: number): Work<Along> {
  const attempt = yield* get(attemptByToken, { download_id: row.id, token: row.lease_token });
  const progressed = !change.discard && attempt !== undefined && row.bytes_downloaded > attempt.from_bytes;
  const inVain = progressed ? 0 : row.tries_in_vain + (change.counts ? 1 : 0);
  return {
    columns: {
      ...errorColumns(change.error),
      waiting_for: change.reason,
      next_attempt_at: change.nextAttemptAt,
      tries_in_vain: inVain,
      ...(change.counts ? { retry_count: row.retry_count + 1, last_retry_at: now } : {}),
      ...(change.discard ? { bytes_downloaded: 0, resume_token: null, integrity: null } : {}),
    },
    detail: {
      reason: change.reason,
      nextAttemptAt: change.nextAttemptAt,
      counts: change.counts,
      ...(change.discard ? { discardedBytes: row.bytes_downloaded } : {}),
    },
    error: change.error,
  };
}

function* closeAttempt(
  row: DownloadRow,
  outcome: Status | 'lost',
  error: ErrorFacts | undefined,
  now: number,
): Work<void> {
  yield* run(endAttempt, {
    download_id: row.id,
    token: row.lease_token,
    to_bytes: row.bytes_downloaded,
    outcome,
    error_class: error?.class ?? null,
    error_message: error?.message ?? null,
    now,
  });
}

function errorColumns(error: ErrorFacts): Partial<StateColumns> {
  return { error_class: error.class, error_message: error.message };
}

function errorDetail(error: ErrorFacts | undefined): Readonly<Record<string, unknown>> {
  return error ? { error: error.class, message: error.message } : {};
}

function stateColumnsOf(row: DownloadRow): StateColumns {
  return {
    status: row.status,
    wish: row.wish,
    wish_options: row.wish_options,
    waiting_for: row.waiting_for,
    called: row.called,
    bytes_downloaded: row.bytes_downloaded,
    file_size: row.file_size,
    download_path: row.download_path,
    result_link: row.result_link,
    resume_token: row.resume_token,
    integrity: row.integrity,
    retry_count: row.retry_count,
    tries_in_vain: row.tries_in_vain,
    last_retry_at: row.last_retry_at,
    next_attempt_at: row.next_attempt_at,
    error_class: row.error_class,
    error_message: row.error_message,
    lease_token: row.lease_token,
    locked_by: row.locked_by,
    locked_at: row.locked_at,
    lease_until: row.lease_until,
    started_at: row.started_at,
    completed_at: row.completed_at,
  };
}
