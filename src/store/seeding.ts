import { parseSeed } from '../config/seed.ts';
import type { Lease } from '../downloads/download.ts';
import { isSeeded, ratioOf, ratioText } from '../downloads/seeding.ts';
import { tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import type { Runner } from './queue-facts.ts';
import { type DownloadRow, type FileRow, optionsOf } from './rows.ts';
import type { Seeded } from './seed-store.ts';
import { claimSeed } from './statements/claim-seed.ts';
import { downloadById } from './statements/download-by-id.ts';
import { extendSeedLease } from './statements/extend-seed-lease.ts';
import { filesFrom } from './statements/files-from.ts';
import { lockDownload } from './statements/lock-download.ts';
import { releaseSeed } from './statements/release-seed.ts';
import { setOptions } from './statements/set-options.ts';
import { setSeedGoal } from './statements/set-seed-goal.ts';
import { setSeeded } from './statements/set-seeded.ts';
import { setSeeding } from './statements/set-seeding.ts';
import { toSeed } from './statements/to-seed.ts';
import { type AskedWish, NotPossible } from './store.ts';
import { filesAtATime } from './working.ts';

export function* freeToSeed({
  runner,
  anyRunner,
  now,
  limit,
}: Runner & { now: number; limit: number }): Work<number[]> {
  return (yield* all(toSeed, { any: anyRunner ? 1 : 0, runner, now, limit })).map(({ id }) => id);
}

/** With the first of its files. */
export function* takeSeed(
  id: number,
  instance: string,
  leaseUntil: number,
  now: number,
): Work<{ readonly row: DownloadRow; readonly files: readonly FileRow[] } | undefined> {
  if ((yield* run(claimSeed, { id, instance, seed_until: leaseUntil, now })) !== 1) return undefined;
  const row = yield* get(downloadById, { id });
  return row && { row, files: yield* all(filesFrom, { download_id: id, position: 0, limit: filesAtATime }) };
}

export function* writeSeeded(instance: string, seeds: readonly Seeded[], leaseUntil: number): Work<Lease[]> {
  const lost: Lease[] = [];
  for (const seeded of seeds) {
    const { id, token } = seeded.lease;
    yield* record(seeded);
    if ((yield* run(extendSeedLease, { id, token, instance, seed_until: leaseUntil })) === 0) lost.push(seeded.lease);
  }
  return lost;
}

export function* endSeeding(seeded: Seeded, message: string, now: number): Work<boolean> {
  const { id, token } = seeded.lease;
  const row = yield* get(lockDownload, { id });
  if (row?.seeding !== 'on' || row.seed_token !== token || row.seed_by === null) return false;
  yield* record(seeded);
  yield* run(setSeeding, { id, seeding: 'ended', message, now });
  yield* tell(row, 'seeding', now, { message, uploadedBytes: seeded.uploaded });
  return true;
}

export function* letSeedGo(seeded: Seeded): Work<void> {
  yield* record(seeded);
  yield* run(releaseSeed, { ...seeded.lease });
}

/** Is this a wish about the seeding of a completed download, and not about the download itself? Pure. */
export function isOfSeeding({ status, seeding }: DownloadRow, { wish }: AskedWish): boolean {
  if (status !== 'completed' || seeding === null || !isSeeded({ state: seeding })) return false;
  return wish === 'pause' || wish === 'resume' || wish === 'cancel';
}

/** Nobody holds it any more, from this commit on: whoever seeds it is told so with its next look. */
export function* obeyOfSeeding(row: DownloadRow, asked: AskedWish, now: number): Work<DownloadRow> {
  const { id } = row;
  if (asked.wish === 'cancel' && asked.deleteFiles) {
    throw new NotPossible(
      `download ${id} is completed and is seeded; longhaul remove --delete-files ${id} deletes it, longhaul cancel ${id} only ends the seeding`,
    );
  }
  const to = { pause: 'paused', resume: 'on', cancel: 'ended' }[asked.wish as 'pause' | 'resume' | 'cancel'];
  if (to === row.seeding)
    throw new NotPossible(
      to === 'on'
        ? notPaused(id)
        : `the seeding of download ${id} is paused already; longhaul resume ${id} goes on with it`,
    );
  const ratio = ratioText(ratioOf(row.seed_uploaded, row.file_size));
  const message = to === 'ended' ? `a person ended it (ratio ${ratio})` : null;
  yield* tell(row, 'wish', now, { ...asked });
  yield* run(setSeeding, { id, seeding: to as DownloadRow['seeding'], message, now });
  return {
    ...row,
    seeding: to as DownloadRow['seeding'],
    seed_message: message,
    seed_by: null,
    seed_until: null,
    updated_at: now,
  };
}

/**
 * Changes for how long it is sent to others (`parseSeed`): once it is complete, or, where it is, from now on; what was sent
 * so far counts.
 */
export function* setSeed(row: DownloadRow, seed: string, now: number): Work<DownloadRow> {
  const { id, status } = row;
  const goal = parseSeed(seed);
  const options = JSON.stringify({ ...optionsOf(row), seed });
  yield* run(setOptions, { id, options, now });
  if (status === 'completed' && goal) yield* run(setSeedGoal, { id, goal: JSON.stringify(goal), now });
  else if (status === 'completed' && row.seeding !== null && isSeeded({ state: row.seeding })) {
    const message = `a person ended it (ratio ${ratioText(ratioOf(row.seed_uploaded, row.file_size))})`;
    yield* run(setSeeding, { id, seeding: 'ended', message, now });
  }
  yield* tell(row, 'changed', now, { seed });
  return (yield* get(lockDownload, { id })) ?? row;
}

function notPaused(id: number): string {
  return `download ${id} is completed and its seeding is not paused; nothing is left to resume`;
}

function* record({ lease, uploaded, time }: Seeded): Work<void> {
  yield* run(setSeeded, { ...lease, uploaded: Math.floor(uploaded), ms: Math.floor(time) });
}
