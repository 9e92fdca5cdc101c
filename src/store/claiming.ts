import { changeState, releaseLost } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import { type DownloadRow, downloadOf, fileOf } from './rows.ts';
import { claimable } from './statements/claimable.ts';
import { claimableWished } from './statements/claimable-wished.ts';
import { deleteInstance } from './statements/delete-instance.ts';
import { filesOfDownload } from './statements/files-of-download.ts';
import { insertAttempt } from './statements/insert-attempt.ts';
import { leaseEnded } from './statements/lease-ended.ts';
import { leasedBy } from './statements/leased-by.ts';
import { lockClaimable } from './statements/lock-claimable.ts';
import { nextDue } from './statements/next-due.ts';
import { upsertInstance } from './statements/upsert-instance.ts';
import type { Claim, InstanceRow } from './store.ts';

export interface Runner {
  readonly runner: string;
  readonly anyRunner: boolean;
}

/** What may be claimed now, best first; what is only to be cleared away comes before everything. */
export function* candidates(filter: Runner & { readonly now: number; readonly limit: number }): Work<DownloadRow[]> {
  const asked = { runner: filter.runner, any_runner: filter.anyRunner ? 1 : 0, limit: filter.limit };
  const wished = yield* all(claimableWished, asked);
  const pending = yield* all(claimable, { ...asked, now: filter.now, status: 'pending' });
  const due = yield* all(claimable, { ...asked, now: filter.now, status: 'retrying' });
  const waiting = [...pending, ...due].toSorted(inTurn);
  const seen = new Set(wished.map((row) => row.id));
  return [...wished, ...waiting.filter((row) => !seen.has(row.id))].slice(0, filter.limit);
}

/** The earliest moment at which something that waits may be claimed. */
export function* earliestDue(filter: Runner): Work<number | undefined> {
  const row = yield* get(nextDue, { runner: filter.runner, any_runner: filter.anyRunner ? 1 : 0 });
  return row?.at ?? undefined;
}

/** Takes the lease and opens an attempt; undefined when the download may not be claimed (any more). */
export function* claim(id: number, instance: string, leaseUntil: number, now: number): Work<Claim | undefined> {
  const row = yield* get(lockClaimable, { id });
  if (!row || !mayClaim(row, now)) return undefined;
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
  const files = yield* all(filesOfDownload, { download_id: id });
  return { download: downloadOf(claimed), files: files.map(fileOf), lease: { id, token }, leaseUntil };
}

/** Takes the leases of the dead and of those who let them run out; the dead are forgotten. */
export function* rescue(dead: readonly string[], expiredBefore: number, now: number): Work<DownloadRow[]> {
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
  for (const uid of dead) yield* run(deleteInstance, { uid });
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
  yield* rescue([uid], 0, now);
}

function inTurn(a: DownloadRow, b: DownloadRow): number {
  return b.priority - a.priority || a.position - b.position || a.id - b.id;
}

function mayClaim(row: DownloadRow, now: number): boolean {
  if (row.status === 'pending') return true;
  if (row.status !== 'retrying') return false;
  return row.wish === 'cancel' || row.wish === 'remove' || (row.next_attempt_at ?? 0) <= now;
}
