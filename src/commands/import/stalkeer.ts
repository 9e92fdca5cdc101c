import { fieldsOf } from './fields.ts';
import { emptyRow, type Found, type ImportedStatus, type ReadRow } from './read-row.ts';

/** The tables of Stalkeer that tell of downloads. */
export const stalkeerTables = ['download_info', 'processed_lines'] as const;

type Facts = Readonly<Record<string, unknown>>;

interface Placed {
  readonly line: number | null;
  readonly record: Facts;
}

/** Its times without zone are UTC. */
const zone = 'utc';

const infoStates = new Map<string | null, ImportedStatus>([
  ['pending', 'pending'],
  ['downloading', 'pending'],
  ['retrying', 'pending'],
  ['paused', 'paused'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

const lineStates = new Map<string | null, ImportedStatus>([
  ['downloading', 'pending'],
  ['organizing', 'pending'],
  ['downloaded', 'completed'],
  ['failed', 'failed'],
]);

/**
 * A row of `download_info`, with the line of the playlist it belongs to, which tells link and title where the
 * row does not.
 */
export function infoRow({ line, record }: Placed, playlist: Facts | undefined): Found {
  const fields = fieldsOf(record);
  const id = fields.text('id') ?? String(fields.whole('id') ?? '');
  if (id === '') return { line, wrong: 'the row of download_info has no ID' };
  const status = fields.text('status');
  const createdAt = fields.time('created_at', zone);
  const [fileSize, totalBytes] = [fields.whole('file_size'), fields.whole('total_bytes')];
  const told = playlist === undefined ? undefined : playlistFacts(playlist);
  return {
    ...emptyRow(line, 'stalkeer', `info:${id}:${createdAt ?? ''}`),
    link: fields.text('url') ?? told?.link ?? null,
    status: infoStates.get(status) ?? 'paused',
    name: told?.name ?? null,
    path: fields.text('download_path'),
    size: fileSize ?? (totalBytes === 0 ? null : totalBytes),
    error: fields.text('error_message'),
    retryCount: fields.whole('retry_count') ?? 0,
    lastRetryAt: fields.time('last_retry_at', zone),
    startedAt: fields.time('started_at', zone),
    completedAt: fields.time('completed_at', zone),
    createdAt,
    updatedAt: fields.time('updated_at', zone),
    metadata: { status, ...fields.rest(), ...(told === undefined ? {} : { playlist: told.rest }) },
  };
}

/** A line of a playlist that has no row of its own in `download_info`; one that nobody downloaded is left out. */
export function playlistRow({ line, record }: Placed): Found {
  const { link, name, rest, state, key, createdAt, updatedAt } = playlistFacts(record);
  const status = lineStates.get(state);
  if (status === undefined) return { leftOut: 'lines of a playlist that nobody downloaded' };
  if (key === null) return { line, wrong: 'the row of processed_lines has no ID' };
  const row: ReadRow = {
    ...emptyRow(line, 'stalkeer', `line:${key}`),
    link,
    name,
    status,
    createdAt,
    updatedAt,
    metadata: { status: state, playlist: rest },
  };
  return row;
}

function playlistFacts(record: Facts) {
  const fields = fieldsOf(record);
  const [link, name, state] = [fields.text('line_url'), fields.text('tvg_name'), fields.text('state')];
  const id = fields.text('id') ?? fields.whole('id');
  const key = fields.text('line_hash') ?? (id === null ? null : String(id));
  // Says again what the other fields say, and the link with its login.
  fields.text('line_content');
  const processedAt = fields.time('processed_at', zone);
  const updatedAt = fields.time('updated_at', zone) ?? processedAt;
  return {
    link,
    name,
    state,
    key,
    createdAt: fields.time('created_at', zone) ?? processedAt,
    updatedAt,
    rest: fields.rest(),
  };
}

/**
 * Puts the rows of both tables together as they come: a download is given once its line is known, or at the end.
 * In a dump the downloads come first, so they are held until then.
 */
export class StalkeerJoin {
  readonly #infos = new Map<string, Placed>();
  /** Lines whose download has not come yet. */
  readonly #lines = new Map<string, Placed>();

  info(placed: Placed): Found[] {
    const id = idOf(placed.record, 'id');
    if (id === null || this.#infos.has(id)) return [infoRow(placed, undefined)];
    const waiting = this.#lines.get(id);
    if (waiting) {
      this.#lines.delete(id);
      return [infoRow(placed, waiting.record)];
    }
    this.#infos.set(id, placed);
    return [];
  }

  line(placed: Placed): Found[] {
    const id = idOf(placed.record, 'download_info_id');
    if (id === null) return [playlistRow(placed)];
    const info = this.#infos.get(id);
    if (info) {
      this.#infos.delete(id);
      return [infoRow(info, placed.record)];
    }
    if (!this.#lines.has(id)) this.#lines.set(id, placed);
    return [];
  }

  end(): Found[] {
    const infos = [...this.#infos.values()].map((placed) => infoRow(placed, undefined));
    const lines = [...this.#lines.values()].map((placed) => playlistRow(placed));
    this.#infos.clear();
    this.#lines.clear();
    return [...infos, ...lines];
  }
}

function idOf(record: Facts, name: string): string | null {
  const value = record[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
