import { fieldsOf, recordOf } from './fields.ts';
import type { JsonRecord } from './json-records.ts';
import { emptyRow, type Found, type ImportedStatus } from './read-row.ts';

/** One entry of a `download_tracker.json`. Its times are the local time of the machine that wrote it. */
export function trackerEntry(entry: JsonRecord): Found {
  return readEntry(entry, (fields, key) => {
    const status = fields.text('status');
    const path = fields.text('file_path');
    const startedAt = fields.time('started_at', 'local');
    const completedAt = fields.time('completed_at', 'local');
    const failedAt = fields.time('failed_at', 'local');
    return {
      ...emptyRow(entry.line, 'download_tracker', fields.text('download_id') ?? key),
      link: fields.text('url'),
      status: trackerStates.get(status) ?? 'paused',
      name: fields.text('filename'),
      path,
      size: fields.whole('file_size'),
      error: fields.text('error'),
      startedAt,
      completedAt,
      createdAt: startedAt,
      updatedAt: fields.time('cleaned_at', 'local') ?? failedAt ?? completedAt ?? startedAt,
      metadata: { status, ...fields.rest() },
    };
  });
}

/** What was in progress when the file was written is unfinished, whoever was at it. */
const trackerStates = new Map<string | null, ImportedStatus>([
  ['in_progress', 'pending'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cleaned', 'cleaned'],
]);

/** One entry of a `downloads.json` of torrents; `<task_id>.fastresume` beside it belongs to it. */
export function torrentEntry(entry: JsonRecord): Found {
  return readEntry(entry, (fields, key) => {
    const status = fields.text('status');
    const createdAt = fields.time('created_at', 'local');
    const file = fields.text('torrent_file_path');
    return {
      ...emptyRow(entry.line, 'downloads.json', fields.text('task_id') ?? key),
      link: fields.text('magnet_link') ?? file,
      status: torrentStates.get(status) ?? 'paused',
      name: fields.text('name'),
      error: fields.text('error'),
      createdAt,
      updatedAt: createdAt,
      metadata: { status, ...(file === null ? {} : { torrent_file_path: file }), ...fields.rest() },
    };
  });
}

const torrentStates = new Map<string | null, ImportedStatus>([
  ['queued', 'pending'],
  ['downloading', 'pending'],
  ['paused', 'paused'],
  ['completed', 'completed'],
  ['error', 'failed'],
]);

function readEntry(entry: JsonRecord, read: (fields: ReturnType<typeof fieldsOf>, key: string) => Found): Found {
  const named = entry.key === null ? 'an entry' : `the entry "${entry.key}"`;
  if ('wrong' in entry) return { line: entry.line, wrong: `${named} cannot be read: ${entry.wrong}` };
  const record = recordOf(entry.value);
  if (!record) return { line: entry.line, wrong: `${named} cannot be read: it is no object` };
  const fields = fieldsOf(record);
  const row = read(fields, entry.key ?? '');
  if ('key' in row && row.key === '') return { line: entry.line, wrong: `${named} has no ID` };
  return row;
}
