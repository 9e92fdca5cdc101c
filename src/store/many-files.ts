import type { DownloadFile, Lease } from '../downloads/download.ts';
import type { Database } from './database.ts';
import { all } from './database.ts';
import { type FileRow, fileOf } from './rows.ts';
import { filesFrom } from './statements/files-from.ts';
import type { ManifestFacts } from './told-files.ts';
import { filesAtATime, recordFiles, recordManifest } from './working.ts';

/*
 * A torrent has up to 100,000 files: read or written in one go they would hold up everybody else for seconds. So they are
 * taken in parts, each a transaction, with a turn of the loop in between. Where that is not one moment it does no harm: only the
 * holder of the lease changes files, and one that died in the middle of telling them tells them again.
 */

/** All files of a download. `first`: those that are read already. */
export async function filesOf(
  { read }: Pick<Database, 'read'>,
  downloadId: number,
  first: readonly FileRow[] = [],
): Promise<DownloadFile[]> {
  const files = first.map(fileOf);
  let isAll = first.length > 0 && first.length < filesAtATime;
  while (!isAll) {
    if (files.length > 0) await new Promise(setImmediate);
    const position = (files.at(-1)?.position ?? -1) + 1;
    const rows = await read(() => all(filesFrom, { download_id: downloadId, position, limit: filesAtATime }));
    for (const row of rows) files.push(fileOf(row));
    isAll = rows.length < filesAtATime;
  }
  return files;
}

/** What a resolve told, with all its files; undefined: the lease is lost. */
export async function recordAllFiles(
  database: Database,
  lease: Lease,
  manifest: ManifestFacts,
  now: number,
): Promise<DownloadFile[] | undefined> {
  const first = await database.write(() => recordManifest(lease, manifest, now));
  if (!first) return undefined;
  for (let from = filesAtATime; from < manifest.files.length; from += filesAtATime) {
    if (!(await database.write(() => recordFiles(lease, manifest, from)))) return undefined;
  }
  return filesOf(database, lease.id, first);
}
