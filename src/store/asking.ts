import { basename } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { EventKind } from '../downloads/events.ts';
import { hostOf } from '../downloads/host.ts';
import { isUnfinished, type Status, statuses } from '../downloads/states.ts';
import { planSteps, tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import { gap } from './ranking.ts';
import { type DownloadRow, type EventRow, optionsOf } from './rows.ts';
import { countByStatus } from './statements/count-by-status.ts';
import { deliveredByKey } from './statements/delivered-by-key.ts';
import { deliveredByName } from './statements/delivered-by-name.ts';
import { downloadById } from './statements/download-by-id.ts';
import { downloadsByUid } from './statements/downloads-by-uid.ts';
import { eventsAfter } from './statements/events-after.ts';
import { eventsOfDownload } from './statements/events-of-download.ts';
import { filesOfDownload } from './statements/files-of-download.ts';
import { insertDownload } from './statements/insert-download.ts';
import { insertFile } from './statements/insert-file.ts';
import { insertHere } from './statements/insert-here.ts';
import { lockLinkKey } from './statements/lock-link-key.ts';
import { newestByStatus } from './statements/newest-by-status.ts';
import { newestDownloads } from './statements/newest-downloads.ts';
import { newestInCategory } from './statements/newest-in-category.ts';
import { setInPlace } from './statements/set-in-place.ts';
import { setOptions } from './statements/set-options.ts';
import { setRunner } from './statements/set-runner.ts';
import { sumSizes } from './statements/sum-sizes.ts';
import { torrentByKey } from './statements/torrent-by-key.ts';
import { unfinishedByKey } from './statements/unfinished-by-key.ts';
import type { HereFile } from './step-store.ts';
import type { ListFilter, ManifestFacts, NewDownload, Statistics } from './store.ts';

export function* addDownload(
  download: NewDownload,
  now: number,
): Work<{ readonly row: DownloadRow; readonly followed: boolean }> {
  if (download.ifExists === 'follow') {
    yield* get(lockLinkKey, { link_key: download.linkKey });
    const row = yield* get(unfinishedByKey, { link_key: download.linkKey });
    const agreed = row && (yield* agreeOnChecksum(row, download.options.checksum, now));
    if (agreed) return { row: agreed, followed: true };
  }
  const uid = uuidv7({ msecs: now });
  const inserted = yield* get(insertDownload, {
    uid,
    source: download.source,
    link: download.link,
    link_key: download.linkKey,
    name: download.options.name ?? download.files?.name ?? null,
    priority: download.priority ?? 0,
    category: download.category ?? null,
    host: hostOf(download.link),
    gap,
    requested_by: download.requestedBy ?? null,
    runner: download.runner,
    metadata: JSON.stringify(download.metadata),
    directory: download.directory,
    options: JSON.stringify(download.options),
    created_at: now,
    now,
  });
  if (inserted && download.files) yield* insertFiles(inserted.id, download.files.files);
  if (inserted && download.here) yield* putHere(inserted.id, download.here);
  const row = inserted && (yield* get(downloadById, { id: inserted.id }));
  if (!row) throw new Error('a download that was just added is not there');
  if (download.here) yield* planSteps(row);
  yield* tell(row, 'added', now, { source: download.source, directory: download.directory });
  return { row, followed: false };
}

function* insertFiles(id: number, files: ManifestFacts['files']): Work<void> {
  for (const [position, { path, size, main, selected = true }] of files.entries()) {
    const flags = { main: main ? 1 : 0, selected: selected ? 1 : 0 };
    yield* run(insertFile, { download_id: id, position, path, size, ...flags, partial_path: null });
  }
  yield* run(sumSizes, { id });
}

function* putHere(id: number, { path, size, identity, modifiedAt }: HereFile): Work<void> {
  const name = basename(path);
  yield* run(setInPlace, { id, name, path, bytes: size });
  yield* run(insertHere, { download_id: id, path: name, size, here_path: path, identity, modified_at: modifiedAt });
}

/**
 * Whoever follows a download and names a checksum wants that very file: the download has to meet it, too.
 * Undefined: it was begun with another checksum, so it is not the same download; or its bytes are all there, so
 * they may have been verified already, and nobody would look again.
 */
function* agreeOnChecksum(row: DownloadRow, checksum: string | undefined, now: number): Work<DownloadRow | undefined> {
  const options = optionsOf(row);
  if (checksum === undefined || checksum === options.checksum) return row;
  if (options.checksum !== undefined || isAllThere(row) || (yield* hasName(row))) return undefined;
  const stricter = JSON.stringify({ ...options, checksum });
  yield* run(setOptions, { id: row.id, options: stricter, now });
  return { ...row, options: stricter, updated_at: now };
}

function isAllThere(row: DownloadRow): boolean {
  return row.status === 'processing' || (row.total_bytes !== null && row.bytes_downloaded >= row.total_bytes);
}

/** A file of it was verified and has, or is about to get, its final name. */
function* hasName({ id }: DownloadRow): Work<boolean> {
  const files = yield* all(filesOfDownload, { download_id: id });
  return files.some(({ final_path }) => final_path !== null);
}

/** One after the other: of two with one key the second follows the first. */
export function* addDownloads(
  downloads: readonly NewDownload[],
  now: number,
): Work<{ readonly row: DownloadRow; readonly followed: boolean }[]> {
  const added: { readonly row: DownloadRow; readonly followed: boolean }[] = [];
  for (const download of downloads) added.push(yield* addDownload(download, now));
  return added;
}

export function* record(
  id: number,
  kind: EventKind,
  detail: Readonly<Record<string, unknown>>,
  now: number,
): Work<void> {
  const row = yield* get(downloadById, { id });
  if (row) yield* tell(row, kind, now, detail);
}

const mostAlike = 5;

export function* deliveredLike({
  linkKey,
  name,
}: {
  readonly linkKey: string;
  readonly name: string | null;
}): Work<{ readonly byLink: DownloadRow | undefined; readonly byName: readonly DownloadRow[] }> {
  if (yield* get(unfinishedByKey, { link_key: linkKey })) return { byLink: undefined, byName: [] };
  const byLink = yield* get(deliveredByKey, { link_key: linkKey });
  return { byLink, byName: name === null ? [] : yield* all(deliveredByName, { name, limit: mostAlike }) };
}

export function* findDownload(reference: string): Work<DownloadRow | undefined> {
  if (/^[1-9]\d{0,14}$/.test(reference)) {
    const row = yield* get(downloadById, { id: Number(reference) });
    if (row) return row;
  }
  const rows = yield* downloadsLike(reference, 2);
  return rows.length === 1 ? rows[0] : undefined;
}

/** In the order of their uids. */
export function* downloadsLike(reference: string, limit: number): Work<DownloadRow[]> {
  const prefix = uidPrefix(reference);
  if (prefix === undefined) return [];
  return yield* all(downloadsByUid, {
    low: prefix + lowestUid.slice(prefix.length),
    high: prefix + highestUid.slice(prefix.length),
    limit,
  });
}

export function* listDownloads(filter: ListFilter): Work<DownloadRow[]> {
  const page = { before_id: filter.beforeId ?? Number.MAX_SAFE_INTEGER, limit: filter.limit };
  const { category } = filter;
  if (!filter.statuses && category === undefined) return yield* all(newestDownloads, page);
  const rows: DownloadRow[] = [];
  for (const status of new Set(filter.statuses ?? statuses)) {
    const found =
      category === undefined
        ? yield* all(newestByStatus, { ...page, status })
        : yield* all(newestInCategory, { ...page, status, category });
    rows.push(...found);
  }
  return rows.sort((a, b) => b.id - a.id).slice(0, filter.limit);
}

/** Those of these keys that no torrent has any more, in whatever state. */
export function* unneededKeys(keys: readonly string[]): Work<string[]> {
  const unneeded: string[] = [];
  for (const key of keys) if (!(yield* get(torrentByKey, { link_key: key }))) unneeded.push(key);
  return unneeded;
}

export function* statistics(): Work<Statistics> {
  const rows = yield* all(countByStatus, {});
  const byStatus = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
  for (const row of rows) byStatus[row.status] = row.count;
  return {
    total: rows.reduce((sum, row) => sum + row.count, 0),
    byStatus,
    completedBytes: rows.find((row) => row.status === 'completed')?.bytes ?? 0,
  };
}

export function* eventsSince(filter: {
  readonly after?: number;
  readonly downloadId?: number;
  readonly limit: number;
}): Work<EventRow[]> {
  const page = { after: filter.after ?? 0, limit: filter.limit };
  if (filter.downloadId === undefined) return yield* all(eventsAfter, page);
  return yield* all(eventsOfDownload, { ...page, download_id: filter.downloadId });
}

/** True: `instance` is its runner now. */
export function* adopt(id: number, expected: string | null, instance: string | null, now: number): Work<boolean> {
  const row = yield* get(downloadById, { id });
  if (!row || !isUnfinished(row.status)) return false;
  return (yield* run(setRunner, { id, expected, runner: instance, now })) === 1;
}

const lowestUid = '00000000-0000-0000-0000-000000000000';
const highestUid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A uid or the beginning of one in its own spelling; undefined for anything else. */
function uidPrefix(reference: string): string | undefined {
  const text = reference.toLowerCase();
  if (text.length < 8 || text.length > lowestUid.length) return undefined;
  const fits = [...text].every((letter, at) => (lowestUid[at] === '-' ? letter === '-' : /[0-9a-f]/.test(letter)));
  return fits ? text : undefined;
}
