import { integrities, type Lease } from '../downloads/download.ts';
import type { EventKind } from '../downloads/events.ts';
import { bytesIn, normalRanges } from '../downloads/ranges.ts';
import { tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import { askedWishOf, type DownloadRow, type FileRow, optionsOf } from './rows.ts';
import { beatInstance } from './statements/beat-instance.ts';
import { clearNudge } from './statements/clear-nudge.ts';
import { countFiles } from './statements/count-files.ts';
import { deleteFilesFrom } from './statements/delete-files-from.ts';
import { extendLease } from './statements/extend-lease.ts';
import { fileByPartial } from './statements/file-by-partial.ts';
import { filesFrom } from './statements/files-from.ts';
import { insertSample } from './statements/insert-sample.ts';
import { lockLeased } from './statements/lock-leased.ts';
import { lookAtLease } from './statements/look-at-lease.ts';
import { putFile } from './statements/put-file.ts';
import { setDurable } from './statements/set-durable.ts';
import { setIntegrity } from './statements/set-integrity.ts';
import { setManifest } from './statements/set-manifest.ts';
import { setPartialPath } from './statements/set-partial-path.ts';
import { setPeak } from './statements/set-peak.ts';
import { setRestarted } from './statements/set-restarted.ts';
import { setVerified } from './statements/set-verified.ts';
import { sumDurable } from './statements/sum-durable.ts';
import { wishesFor } from './statements/wishes-for.ts';
import type { AskedWish, ManifestFacts, Pulse, VerifiedFile } from './store.ts';

/** So many rows of files are read or written in one transaction. */
export const filesAtATime = 500;

/**
 * What a resolve told, with the first of its files; undefined: the lease is lost, or nothing is fetched. An event only
 * where it told something new. `recordFiles` records the others.
 */
export function* recordManifest(lease: Lease, manifest: ManifestFacts, now: number): Work<FileRow[] | undefined> {
  const row = yield* get(lockLeased, { id: lease.id, token: lease.token });
  if (row?.status !== 'downloading') return undefined;
  const known = (yield* get(countFiles, { download_id: row.id }))?.count ?? 0;
  yield* run(setManifest, {
    id: row.id,
    source: manifest.source ?? row.source,
    name: manifest.name,
    total_bytes: manifest.totalBytes,
    resume_token: JSON.stringify(manifest.resumeToken),
    keep: manifest.restart ? 0 : 1,
    now,
  });
  const anew = manifest.restart || manifest.replaces === true;
  yield* run(deleteFilesFrom, { download_id: row.id, position: anew ? 0 : manifest.files.length });
  yield* putFiles(row.id, manifest, 0);
  if (manifest.restart) yield* run(setRestarted, { download_id: row.id, token: row.lease_token });
  if (!manifest.restart) yield* run(sumDurable, { id: row.id, now });
  if (manifest.restart)
    yield* tell(row, 'restarted', now, { reason: manifest.reason, lostBytes: row.bytes_downloaded });
  if (manifest.restart || isNews(row, known, manifest)) {
    yield* tell(row, 'resolved', now, {
      name: manifest.name,
      totalBytes: manifest.totalBytes,
      files: manifest.files.length,
    });
  }
  const files = yield* all(filesFrom, { download_id: row.id, position: 0, limit: filesAtATime });
  const { partialPath } = manifest;
  if (partialPath === undefined) return files;
  for (const { id } of files) yield* run(setPartialPath, { id, download_id: row.id, path: partialPath });
  return files.map((file) => ({ ...file, partial_path: partialPath }));
}

/** More files of a manifest that is recorded: so many, from this position on. False: the lease is lost. */
export function* recordFiles(lease: Lease, manifest: ManifestFacts, from: number): Work<boolean> {
  const row = yield* get(lockLeased, { id: lease.id, token: lease.token });
  if (row?.status !== 'downloading') return false;
  yield* putFiles(lease.id, manifest, from);
  return true;
}

/** The path is reserved for this file, over all downloads. */
export function* recordPartial(lease: Lease, fileId: number, partialPath: string): Work<'recorded' | 'taken' | 'lost'> {
  if (!(yield* get(lockLeased, { id: lease.id, token: lease.token }))) return 'lost';
  const holder = yield* get(fileByPartial, { path: partialPath });
  if (holder && holder.id !== fileId) return 'taken';
  const recorded = yield* run(setPartialPath, { id: fileId, download_id: lease.id, path: partialPath });
  return recorded === 1 ? 'recorded' : 'lost';
}

/** The final name, recorded before it is made. The download is as sure as its least sure file. */
export function* recordVerified(
  lease: Lease,
  fileId: number,
  verified: VerifiedFile,
  now: number,
): Work<'recorded' | 'stricter' | 'lost'> {
  const row = yield* get(lockLeased, { id: lease.id, token: lease.token });
  if (!row) return 'lost';
  const { finalPath, size, digest, integrity, identity, modifiedAt, checksum } = verified;
  if (checksum !== undefined && checksum !== (optionsOf(row).checksum ?? null)) return 'stricter';
  const facts = { final_path: finalPath, size, digest, identity, modified_at: modifiedAt };
  const file = { id: fileId, download_id: lease.id, ...facts };
  if ((yield* run(setVerified, file)) !== 1) return 'lost';
  const surer = row.integrity !== null && integrities.indexOf(row.integrity) > integrities.indexOf(integrity);
  yield* run(setIntegrity, { id: row.id, integrity: surer ? row.integrity : integrity, now });
  return 'recorded';
}

/**
 * The wishes that wait for this instance. A nudge is told once, then it is gone: it changes no state that
 * would end it.
 */
export function* waitingWishes(instance: string): Work<Map<number, AskedWish>> {
  const wishes = new Map<number, AskedWish>();
  for (const row of yield* all(wishesFor, { instance })) {
    const wish = askedWishOf(row);
    if (wish) wishes.set(row.id, wish);
  }
  return wishes;
}

/** Hands nudges over for the last time. */
export function* clearNudges(instance: string): Work<Map<number, AskedWish>> {
  const wishes = yield* waitingWishes(instance);
  for (const [id, { wish }] of wishes) {
    if (wish === 'nudge') yield* run(clearNudge, { id });
  }
  return wishes;
}

export function* note(
  lease: Lease,
  kind: EventKind,
  detail: Readonly<Record<string, unknown>>,
  now: number,
): Work<void> {
  const row = yield* get(lockLeased, { id: lease.id, token: lease.token });
  if (row) yield* tell(row, kind, now, detail);
}

export interface PulseAnswer {
  readonly lost: readonly Lease[];
  readonly wishes: ReadonlyMap<number, AskedWish>;
}

/** Heartbeats, checkpoints, samples. */
export function* writePulse(pulse: Pulse, now: number): Work<PulseAnswer> {
  const lost = new Map<string, Lease>();
  for (const lease of pulse.leases) {
    const held = { id: lease.id, token: lease.token, instance: pulse.instance, lease_until: pulse.leaseUntil };
    if ((yield* run(extendLease, held)) === 0) lost.set(keyOf(lease), lease);
  }
  for (const lease of yield* writeCheckpoints(pulse, lost, now)) lost.set(keyOf(lease), lease);
  for (const { subject, at, bytes, total, status } of pulse.samples) {
    yield* run(insertSample, { subject, at, bytes, total, status });
  }
  yield* run(beatInstance, { uid: pulse.instance, now });
  return { lost: [...lost.values()], wishes: yield* waitingWishes(pulse.instance) };
}

function* writeCheckpoints(pulse: Pulse, lost: ReadonlyMap<string, Lease>, now: number): Work<Lease[]> {
  const lostNow: Lease[] = [];
  const byLease = Map.groupBy(pulse.checkpoints, ({ lease }) => keyOf(lease));
  for (const [key, checkpoints] of byLease) {
    const lease = checkpoints[0]?.lease;
    if (!lease || lost.has(key)) continue;
    if (!(yield* get(lookAtLease, { id: lease.id, token: lease.token, instance: pulse.instance }))) {
      lostNow.push(lease);
      continue;
    }
    for (const { fileId, ranges } of checkpoints) {
      const durable = normalRanges(ranges);
      yield* run(setDurable, {
        id: fileId,
        download_id: lease.id,
        durable: JSON.stringify(durable),
        durable_bytes: bytesIn(durable),
      });
    }
    yield* run(sumDurable, { id: lease.id, now });
    const speed = Math.max(0, ...checkpoints.map((checkpoint) => Math.round(checkpoint.speed ?? 0)));
    if (speed > 0) yield* run(setPeak, { download_id: lease.id, token: lease.token, speed });
  }
  return lostNow;
}

/** Same files: their durable ranges stay. */
function* putFiles(downloadId: number, { files }: ManifestFacts, from: number): Work<void> {
  for (const [n, { path, size, main, selected = true }] of files.slice(from, from + filesAtATime).entries()) {
    const flags = { main: main ? 1 : 0, selected: selected ? 1 : 0 };
    yield* run(putFile, { download_id: downloadId, position: from + n, path, size, ...flags });
  }
}

function isNews(row: DownloadRow, known: number, manifest: ManifestFacts): boolean {
  return row.name !== manifest.name || row.total_bytes !== manifest.totalBytes || known !== manifest.files.length;
}

const keyOf = (lease: Lease) => `${lease.id}:${lease.token}`;
