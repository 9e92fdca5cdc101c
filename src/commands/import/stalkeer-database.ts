import { Failure } from '../../downloads/failure.ts';
import { recordOf } from './fields.ts';
import type { Found } from './read-row.ts';
import { infoRow, playlistRow } from './stalkeer.ts';

/** Another program's database, which is only read. Throws `Failure` with a sentence that names no password. */
export interface ForeignDatabase {
  query(sql: string, values?: readonly (string | number)[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

type Facts = Readonly<Record<string, unknown>>;

/** Rows of one question; of more the memory would be felt. */
const page = 1000;

/** Lines of a playlist in these states were downloaded, or are. */
const touched = "('downloading', 'organizing', 'downloaded', 'failed')";

/**
 * What a database of Stalkeer tells of downloads, in portions: `download_info` with the line of the playlist that each
 * row belongs to, then the lines that have no such row. Throws `Failure('link')` for another database.
 */
export async function* stalkeerRows(database: ForeignDatabase): AsyncGenerator<Found> {
  const has = await tablesOf(database);
  if (has.own) throw new Failure('link', 'it is a database of Longhaul; set database.url to work with it');
  if (!has.info && !has.lines) {
    throw new Failure('link', 'it has neither a table download_info nor processed_lines that this user sees');
  }
  if (has.info) yield* infos(database, has.lines);
  if (has.lines) yield* otherLines(database, has.info);
}

async function tablesOf(database: ForeignDatabase): Promise<{ info: boolean; lines: boolean; own: boolean }> {
  const [found] = await database.query(
    `SELECT to_regclass('download_info')::text AS info, to_regclass('processed_lines')::text AS lines,
       to_regclass('attempts')::text AS attempts, to_regclass('schema_version')::text AS version`,
  );
  const is = (name: string) => typeof found?.[name] === 'string';
  return { info: is('info'), lines: is('lines'), own: is('attempts') && is('version') };
}

async function* infos(database: ForeignDatabase, withLines: boolean): AsyncGenerator<Found> {
  for await (const rows of pages(database, 'SELECT row_to_json(t) AS row, id FROM download_info t', null)) {
    const [first, last] = [rows.at(0)?.id, rows.at(-1)?.id];
    const playlist = withLines && isKey(first) && isKey(last) ? await linesOf(database, first, last) : undefined;
    for (const { row } of rows) {
      const record = recordOf(row) ?? {};
      yield infoRow({ line: null, record }, playlist?.get(String(record.id)));
    }
  }
}

/** The first line of each of these downloads. */
async function linesOf(database: ForeignDatabase, first: Key, last: Key): Promise<ReadonlyMap<string, Facts>> {
  const rows = await database.query(
    `SELECT DISTINCT ON (download_info_id) row_to_json(t) AS row FROM processed_lines t
     WHERE download_info_id BETWEEN $1 AND $2 ORDER BY download_info_id, id`,
    [first, last],
  );
  const lines = rows.map(({ row }) => recordOf(row) ?? {});
  return new Map(lines.map((record) => [String(record.download_info_id), record]));
}

async function* otherLines(database: ForeignDatabase, withInfos: boolean): AsyncGenerator<Found> {
  const alone = withInfos
    ? '(download_info_id IS NULL OR NOT EXISTS (SELECT 1 FROM download_info i WHERE i.id = t.download_info_id))'
    : 'true';
  const [counted] = await database.query(
    `SELECT count(*)::text AS untouched FROM processed_lines t WHERE state NOT IN ${touched} AND ${alone}`,
  );
  const count = Number(counted?.untouched ?? 0);
  if (count > 0) yield { leftOut: 'lines of a playlist that nobody downloaded', count };
  const question = 'SELECT row_to_json(t) AS row, id FROM processed_lines t';
  for await (const rows of pages(database, question, `state IN ${touched} AND ${alone}`)) {
    for (const { row } of rows) yield playlistRow({ line: null, record: recordOf(row) ?? {} });
  }
}

type Key = string | number;

/** All rows by their ids, a thousand at a time. */
async function* pages(
  database: ForeignDatabase,
  question: string,
  where: string | null,
): AsyncGenerator<readonly Facts[]> {
  for (let last: Key | undefined; ; ) {
    const conditions = [...(where === null ? [] : [where]), ...(last === undefined ? [] : ['id > $1'])];
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `${question} ${filter} ORDER BY id LIMIT ${page}`;
    const rows = await database.query(sql, last === undefined ? [] : [last]);
    if (rows.length > 0) yield rows;
    const next = rows.at(-1)?.id;
    if (rows.length < page || !isKey(next)) return;
    last = next;
  }
}

function isKey(value: unknown): value is Key {
  return typeof value === 'string' || typeof value === 'number';
}
