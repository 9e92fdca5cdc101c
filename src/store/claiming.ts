import type { Lease } from '../downloads/download.ts';
import type { Status } from '../downloads/states.ts';
import { changeLeased, changeState, releaseLost } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import type { ClaimLimits, Gone, StepRoom } from './queue-facts.ts';
import { type DownloadRow, downloadOf, type FileRow } from './rows.ts';
import { deleteInstance } from './statements/delete-instance.ts';
import { disown } from './statements/disown.ts';
import { filesFrom } from './statements/files-from.ts';
import { insertAttempt } from './statements/insert-attempt.ts';
import { leaseEnded } from './statements/lease-ended.ts';
import { leasedAtHost } from './statements/leased-at-host.ts';
import { leasedBy } from './statements/leased-by.ts';
import { leasedForAll } from './statements/leased-for-all.ts';
import { leasedInCategory } from './statements/leased-in-category.ts';
import { lockClaimable } from './statements/lock-claimable.ts';
import { lockSlots } from './statements/lock-slots.ts';
import { releaseSeedsOf } from './statements/release-seeds-of.ts';
import type { Params, Statement } from './statements/statement.ts';
import { upsertInstance } from './statements/upsert-instance.ts';
import type { Claim, InstanceRow } from './store.ts';
import { filesAtATime } from './working.ts';

/** Takes the lease and opens an attempt, with the first of its files; undefined when the download may not be claimed (any more). */
export function* claim(
  id: number,
  instance: string,
  leaseUntil: number,
  now: number,
  within: ClaimLimits = {},
): Work<(Omit<Claim, 'files'> & { readonly files: readonly FileRow[] }) | undefined> {
  const row = yield* get(lockClaimable, { id });
  if (!row || !mayClaim(row, now) || !(yield* hasRoom(row, within))) return undefined;
  const token = row.lease_token + 1;
  const claimed = yield* changeState(row, row.download_path === null ? 'downloading' : 'processing', now, {
    columns: {
      lease_token: token,
      locked_by: instance,
      locked_at: now,
      lease_until: leaseUntil,
      waiting_for: null,
      next_attempt_at: null,
      started_at: row.started_at ?? now,
    },
    detail: { instance, token },
  });
  yield* run(insertAttempt, { download_id: id, token, instance, from_bytes: row.bytes_downloaded, now });
  const files = yield* all(filesFrom, { download_id: id, position: 0, limit: filesAtATime });
  return { download: downloadOf(claimed), files, lease: { id, token }, leaseUntil };
}

/** More would hold up others; `freeOrphans` finds the rest. */
const mostDisowned = 1000;

/**
 * For a download whose bytes are in place: where no place for its steps is left it is given back, to wait for one.
 * Answers whether it was.
 */
export function* waitForSteps(lease: Lease, room: StepRoom, now: number): Work<boolean> {
  yield* get(lockSlots, {});
  if (room !== 'none' && !(yield* isTaken(room, 'processing', lease.id))) return false;
  const changed = yield* changeLeased(lease, { to: 'pending', why: 'as many as are allowed have steps at work' }, now);
  return changed !== undefined;
}

/** Takes the leases of the dead and of those who let them run out; the dead and the silent are forgotten. */
export function* rescue({ dead, silent = [] }: Gone, expiredBefore: number, now: number): Work<DownloadRow[]> {
  const lost = new Map<number, DownloadRow>();
  for (const instance of dead) {
    for (const row of yield* all(leasedBy, { instance })) lost.set(row.id, row);
  }
  for (const row of yield* all(leaseEnded, { before: expiredBefore })) lost.set(row.id, row);
  const rescued: DownloadRow[] = [];
  for (const row of lost.values()) {
    const isDead = row.locked_by !== null && dead.includes(row.locked_by);
    rescued.push(yield* releaseLost(row, now, isDead ? 'its instance is gone' : 'its lease ended'));
  }
  for (const instance of dead) yield* run(releaseSeedsOf, { instance });
  const gone = [...dead, ...silent];
  for (const uid of gone) yield* run(deleteInstance, { uid });
  for (const runner of gone) yield* run(disown, { runner, limit: mostDisowned });
  return rescued;
}

export function* registerInstance(instance: InstanceRow): Work<void> {
  yield* run(upsertInstance, {
    uid: instance.uid,
    host: instance.host,
    pid: instance.pid,
    role: instance.role,
    socket_path: instance.socketPath,
    started_at: instance.startedAt,
    beat_at: instance.beatAt,
  });
}

/** What it still held is free at once. */
export function* forgetInstance(uid: string, now: number): Work<void> {
  yield* rescue({ dead: [uid] }, 0, now);
}

/** Counted where nobody can claim in between. */
function* hasRoom(row: DownloadRow, within: ClaimLimits): Work<boolean> {
  const { id, host, category, download_path } = row;
  if (Object.keys(within).length > 0) yield* get(lockSlots, {});
  if (download_path !== null) {
    if (row.wish === 'cancel' || row.wish === 'remove') return true;
    return row.steps_left === 0 || !(yield* isTaken(within.steps, 'processing', id));
  }
  if (yield* isTaken(within.slots, 'downloading', id)) return false;
  if (within.host !== undefined && (yield* countOf(leasedAtHost, { host })) >= within.host) return false;
  if (within.category === undefined || category === null) return true;
  return (yield* countOf(leasedInCategory, { category })) < within.category;
}

/** Whether the instances of a machine have so many others in this state already. */
function* isTaken(shared: ClaimLimits['slots'], status: Status, without: number): Work<boolean> {
  if (!shared) return false;
  return (yield* countOf(leasedForAll, { host: shared.machine, status, without })) >= shared.most;
}

function* countOf<P extends Params>(asked: Statement<P, { count: number }>, params: P): Work<number> {
  return (yield* get(asked, params))?.count ?? 0;
}

function mayClaim(row: DownloadRow, now: number): boolean {
  if (row.status === 'pending') return true;
  if (row.status !== 'retrying') return false;
  if (row.called === 1) return true;
  return row.wish === 'cancel' || row.wish === 'remove' || (row.next_attempt_at ?? 0) <= now;
}
