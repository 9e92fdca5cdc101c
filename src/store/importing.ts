import { hostOf } from '../downloads/host.ts';
import { isUnfinished } from '../downloads/states.ts';
import { tell } from './changing.ts';
import { get, type Work } from './database.ts';
import { gap } from './ranking.ts';
import { importDownload } from './statements/import-download.ts';
import { uidKnown } from './statements/uid-known.ts';
import { unfinishedByKey } from './statements/unfinished-by-key.ts';
import type { ImportedDownload, ImportOutcome } from './store.ts';

/**
 * Takes in what another program began or delivered, each in the state it comes in, with one event. One
 * whose uid is known is left alone, and so is an unfinished one whose link somebody downloads already.
 */
export function* importDownloads(downloads: readonly ImportedDownload[], now: number): Work<ImportOutcome[]> {
  const outcomes: ImportOutcome[] = [];
  for (const download of downloads) {
    // Whether a finished one is known the row itself tells, when it is inserted.
    const there = isUnfinished(download.status) ? yield* alreadyThere(download) : undefined;
    outcomes.push(there ?? (yield* importOne(download, now)));
  }
  return outcomes;
}

/** What `importDownloads` would answer, but for what of the same list would come before it. */
export function* previewImport(downloads: readonly ImportedDownload[]): Work<ImportOutcome[]> {
  const outcomes: ImportOutcome[] = [];
  for (const download of downloads) outcomes.push((yield* alreadyThere(download)) ?? 'added');
  return outcomes;
}

function* alreadyThere({ uid, status, linkKey }: ImportedDownload): Work<ImportOutcome | undefined> {
  if (yield* get(uidKnown, { uid })) return 'known';
  if (isUnfinished(status) && (yield* get(unfinishedByKey, { link_key: linkKey }))) return 'followed';
  return undefined;
}

function* importOne(download: ImportedDownload, now: number): Work<ImportOutcome> {
  const { uid, status, totalBytes, fileSize, error } = download;
  const delivered = status === 'completed' || status === 'cleaned';
  const row = yield* get(importDownload, {
    uid,
    source: download.source,
    link: download.link,
    link_key: download.linkKey,
    name: download.name,
    status,
    category: download.category,
    host: hostOf(download.link),
    gap,
    requested_by: download.requestedBy,
    metadata: JSON.stringify(download.metadata),
    directory: download.directory,
    options: JSON.stringify(download.options),
    total_bytes: totalBytes,
    bytes_downloaded: delivered ? (fileSize ?? totalBytes ?? 0) : 0,
    file_size: fileSize,
    download_path: download.downloadPath,
    integrity: download.integrity,
    retry_count: download.retryCount,
    last_retry_at: download.lastRetryAt,
    error_class: error?.class ?? null,
    error_message: error?.message ?? null,
    started_at: download.startedAt,
    completed_at: download.completedAt,
    created_at: download.createdAt,
    updated_at: download.updatedAt,
  });
  if (!row) return 'known';
  yield* tell({ id: row.id, uid }, 'imported', now, download.detail, { to: status });
  return 'added';
}
