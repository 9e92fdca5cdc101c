import { hostOf } from '../downloads/host.ts';
import type { Sidecar } from '../downloads/sidecar.ts';
import { tell } from './changing.ts';
import { rescue } from './claiming.ts';
import { all, get, run, type Work } from './database.ts';
import { gap } from './ranking.ts';
import { clearStalePartial } from './statements/clear-stale-partial.ts';
import { deleteInstances } from './statements/delete-instances.ts';
import { doubtDurable } from './statements/doubt-durable.ts';
import { doubtProgress } from './statements/doubt-progress.ts';
import { downloadById } from './statements/download-by-id.ts';
import { downloadsByUid } from './statements/downloads-by-uid.ts';
import { insertDownload } from './statements/insert-download.ts';
import { insertFile } from './statements/insert-file.ts';
import { setManifest } from './statements/set-manifest.ts';

/**
 * After a restore from a backup: nobody holds anything, and nothing is known to be durable. A partial may have
 * been begun afresh since, so what the backup says of its ranges proves nothing: its bytes are fetched again.
 */
export function* settleRestored(now: number): Work<void> {
  yield* rescue({ dead: [] }, Number.MAX_SAFE_INTEGER, now);
  yield* run(deleteInstances, {});
  yield* run(doubtDurable, {});
  yield* run(doubtProgress, {});
}

/** Adds what only the partials know; tells how many downloads that were. */
export function* addRecovered(sidecars: readonly Sidecar[], now: number): Work<number> {
  let added = 0;
  for (const sidecar of joined(sidecars)) {
    const known = yield* all(downloadsByUid, { low: sidecar.uid, high: sidecar.uid, limit: 1 });
    if (known.length > 0) continue;
    yield* addOne(sidecar, now);
    added += 1;
  }
  return added;
}

function* addOne(sidecar: Sidecar, now: number): Work<void> {
  const inserted = yield* get(insertDownload, {
    uid: sidecar.uid,
    source: sidecar.source,
    link: sidecar.link,
    link_key: sidecar.linkKey,
    name: sidecar.name,
    priority: 0,
    category: sidecar.category,
    host: hostOf(sidecar.link),
    gap,
    requested_by: null,
    runner: null,
    metadata: JSON.stringify(sidecar.metadata),
    directory: sidecar.directory,
    options: JSON.stringify(sidecar.options),
    created_at: sidecar.createdAt,
    now,
  });
  const row = inserted && (yield* get(downloadById, { id: inserted.id }));
  if (!row) throw new Error('a download that was just recovered is not there');
  if (sidecar.name !== null && sidecar.resumeToken !== null) {
    yield* run(setManifest, {
      id: row.id,
      source: row.source,
      name: sidecar.name,
      total_bytes: totalOf(sidecar),
      resume_token: JSON.stringify(sidecar.resumeToken),
      keep: 1,
      now,
    });
  }
  for (const { position, path, size, main, partialPath } of sidecar.files) {
    if (partialPath !== null) yield* run(clearStalePartial, { path: partialPath });
    const file = {
      download_id: row.id,
      position,
      path,
      size,
      main: main ? 1 : 0,
      selected: 1,
      partial_path: partialPath,
    };
    yield* run(insertFile, file);
  }
  yield* tell(row, 'recovered', now, { from: 'its partial file' });
}

/** One for each download: each of its partials has a sidecar, and the one that knows a file's partial knows the file best. */
function joined(sidecars: readonly Sidecar[]): Sidecar[] {
  const all = Map.groupBy(sidecars, ({ uid }) => uid);
  return [...all.values()].flatMap((own) => {
    const [first] = own;
    const files = own.flatMap((sidecar) => sidecar.files).toSorted((a, b) => knownBefore(a) - knownBefore(b));
    const byPosition = new Map(files.map((file) => [file.position, file]));
    const inOrder = [...byPosition.values()].toSorted((a, b) => a.position - b.position);
    return first ? [{ ...first, files: inOrder }] : [];
  });
}

/** A later one replaces an earlier one. */
function knownBefore({ partialPath }: Sidecar['files'][number]): number {
  return partialPath === null ? 0 : 1;
}

function totalOf({ totalBytes, files }: Sidecar): number | null {
  if (totalBytes !== undefined) return totalBytes;
  let total = 0;
  for (const { size } of files) {
    if (size === null) return null;
    total += size;
  }
  return total;
}
