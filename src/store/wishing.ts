import type { Lease } from '../downloads/download.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import { mayWish, type Status, statuses, type Wish, wishLeadsTo } from '../downloads/states.ts';
import {
  changeHeld,
  changeLeased,
  changeState,
  forgetSteps,
  giveUpPartials,
  hasSteps,
  isLeased,
  planSteps,
  releaseLost,
  tell,
} from './changing.ts';
import { get, run, type Work } from './database.ts';
import { behindAll } from './ranking.ts';
import { changesOf, revise } from './revising.ts';
import { type DownloadRow, wishOptionsOf } from './rows.ts';
import { isOfSeeding, obeyOfSeeding } from './seeding.ts';
import { clearDurable } from './statements/clear-durable.ts';
import { deleteDownload } from './statements/delete-download.ts';
import { deleteEventsOfDownload } from './statements/delete-events-of-download.ts';
import { deleteSamples } from './statements/delete-samples.ts';
import { instanceNamed } from './statements/instance-named.ts';
import { lockDownload } from './statements/lock-download.ts';
import { queueAnew } from './statements/queue-anew.ts';
import { resetFiles } from './statements/reset-files.ts';
import { setAllDurable } from './statements/set-all-durable.ts';
import { setRetention } from './statements/set-retention.ts';
import { setSeeding } from './statements/set-seeding.ts';
import type { StateColumns } from './statements/set-state.ts';
import { setWish } from './statements/set-wish.ts';
import { type AskedWish, type Change, type Delivered, NotPossible } from './store.ts';

/**
 * A person's wish. A lease that ran out before `now` holds nothing any more: then, too, the wish
 * happens at once.
 */
export function* wish(
  id: number,
  asked: AskedWish,
  now: number,
  change?: RetryChange,
): Work<{ readonly row: DownloadRow; readonly obeyed: boolean }> {
  const found = yield* get(lockDownload, { id });
  if (!found) throw new NotPossible(`there is no download ${id}`);
  if (isOfSeeding(found, asked)) return { row: yield* obeyOfSeeding(found, asked, now), obeyed: true };
  if (!mayWish(found.status, asked.wish)) throw new NotPossible(refusal(found, asked.wish));
  if (isLeased(found.status) && (found.lease_until ?? 0) > now) return yield* leaveWord(found, asked, now);
  const row = isLeased(found.status)
    ? yield* releaseLost({ ...found, wish: null, wish_options: null }, now, 'its lease ended')
    : found;
  if (asked.wish !== 'retry' || !change) {
    yield* tell(row, 'wish', now, { ...asked });
    return { row: yield* obey(row, asked, now), obeyed: true };
  }
  yield* tell(row, 'wish', now, { ...asked, changed: changesOf(change) });
  return { row: yield* obey(yield* revise(row, change, now), asked, now), obeyed: true };
}

/**
 * A change by the holder of the lease. Where a removal was asked for while the last step ran, the end obeys it in the
 * same transaction, since nobody would come back for it.
 */
export function* changeAndObey(lease: Lease, change: Change, now: number): Work<DownloadRow | undefined> {
  const changed = yield* changeLeased(lease, change, now);
  if (changed) yield* obeyRemoval(changed, now);
  return changed;
}

/** From the last byte to the end in one transaction, for what needs nothing in between. */
export function* deliver(lease: Lease, delivered: Delivered, now: number): Work<DownloadRow | undefined> {
  const inPlace = yield* changeLeased(lease, { to: 'processing', ...delivered }, now);
  if (!inPlace) return undefined;
  yield* run(setAllDurable, { download_id: lease.id });
  const completed = yield* changeHeld(inPlace, { to: 'completed' }, now);
  yield* obeyRemoval(completed, now);
  return completed;
}

function* obeyRemoval(changed: DownloadRow, now: number): Work<void> {
  if (changed.status === 'completed' && changed.wish === 'remove') yield* erase(changed, now);
}

/** Deletes the download and all that hangs on it; one event stays and tells of it. No error when it is gone. */
export function* forget(id: number, now: number): Work<void> {
  const row = yield* get(lockDownload, { id });
  if (!row) return;
  if (isLeased(row.status)) {
    throw new NotPossible(`download ${id} is ${row.status}: an instance works on it; wish for its removal instead`);
  }
  yield* erase(row, now);
}

/** For the holder of the lease, who reads it with its next pulse. */
function* leaveWord(row: DownloadRow, asked: AskedWish, now: number): Work<{ row: DownloadRow; obeyed: false }> {
  if (row.wish && strength[row.wish] > strength[asked.wish]) {
    throw new NotPossible(`download ${row.id} was told to ${row.wish} already; ${asked.wish} cannot follow that`);
  }
  const { wish: word, ...options } = asked;
  const wished = { ...row, wish: word, wish_options: JSON.stringify(options), updated_at: now };
  yield* run(setWish, { id: row.id, wish: word, wish_options: wished.wish_options, now });
  yield* tell(row, 'wish', now, { ...asked });
  return { row: wished, obeyed: false };
}

function* obey(row: DownloadRow, asked: AskedWish, now: number): Work<DownloadRow> {
  switch (asked.wish) {
    case 'remove':
      yield* erase(row, now);
      return row;
    case 'nudge':
      return row;
    case 'retry':
      return yield* beginAgain(row, now);
    case 'cancel': {
      const { wish: _word, ...options } = asked;
      const columns = { wish: null, wish_options: JSON.stringify(options), waiting_for: null, next_attempt_at: null };
      yield* giveUpPartials(row.id, wishLeadsTo.cancel, asked.keepPartial === true);
      return yield* changeState(row, wishLeadsTo.cancel, now, { columns });
    }
    default: {
      const columns = { wish: null, wish_options: null, waiting_for: null, next_attempt_at: null };
      return yield* changeState(row, wishLeadsTo[asked.wish], now, { columns });
    }
  }
}

/**
 * From a state in which the files were given up, nothing that was fetched counts any more (but what stands delivered
 * and only its steps were given up goes on with them); nor do bytes that were
 * found to be wrong, or every retry would find the same again without asking the server.
 */
function* beginAgain(row: DownloadRow, now: number): Work<DownloadRow> {
  const emptied = row.status === 'cancelled' && wishOptionsOf(row).deleteFiles === true;
  const isHere = row.source === 'local';
  const delivered = row.status === 'cancelled' && hasSteps(row) && row.download_path !== null && (isHere || !emptied);
  const kept = row.status === 'cancelled' && !delivered && wishOptionsOf(row).keepPartial === true;
  const afresh = row.status === 'cleaned' || (row.status === 'cancelled' && !kept && !delivered);
  const wrong = row.status === 'failed' && row.error_class === 'checksum';
  if (afresh) yield* forgetSteps(row.id);
  if (isHere && emptied) yield* planSteps(row);
  if (afresh) yield* run(resetFiles, { download_id: row.id });
  yield* run(setRetention, { id: row.id, status: 'cleaned', retention: null });
  if (row.seeding !== null) yield* run(setSeeding, { id: row.id, seeding: null, message: null, now });
  if (wrong) yield* run(clearDurable, { download_id: row.id });
  const again = { ...(row.status === 'retrying' ? row : yield* atTheEnd(row)), seeding: null };
  return yield* changeState(again, wishLeadsTo.retry, now, {
    columns: {
      ...noTraceOfFailure,
      ...(afresh || kept || wrong ? nothingDelivered : {}),
      ...(afresh || wrong ? nothingFetched : {}),
    },
  });
}

/** Its place in the order, and perhaps the instance that alone was to run it, went while it was at an end. */
function* atTheEnd(row: DownloadRow): Work<DownloadRow> {
  const position = yield* behindAll(row.priority);
  const isOwned = row.runner !== null && (yield* get(instanceNamed, { uid: row.runner })) !== undefined;
  const runner = isOwned ? row.runner : null;
  yield* run(queueAnew, { id: row.id, position, runner });
  return { ...row, position, runner };
}

const noTraceOfFailure = {
  wish: null,
  wish_options: null,
  waiting_for: null,
  next_attempt_at: null,
  tries_in_vain: 0,
  error_class: null,
  error_message: null,
  completed_at: null,
} as const satisfies Partial<StateColumns>;

const nothingDelivered = { download_path: null, file_size: null, integrity: null, result_link: null } as const;

const nothingFetched = { bytes_downloaded: 0, resume_token: null } as const;

/** Deletes a row that nobody holds, and all that hangs on it; one event stays and tells of it. */
export function* erase(row: DownloadRow, now: number): Work<void> {
  yield* run(deleteEventsOfDownload, { download_id: row.id });
  yield* run(deleteSamples, { subject: `own:${row.id}` });
  yield* run(deleteDownload, { id: row.id });
  yield* tell(row, 'removed', now, { status: row.status, name: row.name }, { metadata: row.metadata });
}

/** A weaker wish cannot take back a stronger one that still waits. */
const strength: Record<Wish, number> = { nudge: 0, resume: 1, retry: 1, pause: 1, cancel: 2, remove: 3 };

const pastOf: Record<Wish, string> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
  retry: 'tried again',
  remove: 'removed',
  nudge: 'nudged',
};

/** Why the state does not allow it, and what would. */
function refusal(row: DownloadRow, word: Wish): string {
  const allowed = statuses.filter((status) => mayWish(status, word));
  const next = wayOut[row.status];
  return `download ${row.id} is ${row.status}; only what is ${allowed.join(', ')} can be ${pastOf[word]}${next ? ` (${next})` : ''}`;
}

const wayOut: Partial<Record<Status, string>> = {
  paused: 'resume it first',
  failed: 'retry starts it again',
  cancelled: 'retry starts it again',
  cleaned: 'retry downloads it again',
};
