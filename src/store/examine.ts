import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { newestSchema } from './migrations/list.ts';
import { newerSchema, schemaOf } from './sqlite.ts';
import { storeFailureOf } from './sqlite-failure.ts';

/** What the file itself says of its health. */
export interface Examined {
  readonly file: string;
  /** False: there is none yet, which is fine. */
  readonly found: boolean;
  readonly schema: number;
  /** `3.51.3` */
  readonly sqlite: string;
  /** One line each, in SQLite's words; none when the file is sound. */
  readonly problems: readonly string[];
}

/** What a database server says of itself. */
export interface ExaminedServer {
  /** `host:5432/database` */
  readonly place: string;
  /** `18.4` */
  readonly postgres: string;
  readonly schema: number;
  /** What its clock showed, UTC epoch ms. */
  readonly now: number;
}

/** As many as a person reads. */
const mostProblems = 10;

/** Reads the whole database and changes nothing: seconds for a large one. Throws `StoreFailure` where it cannot be read. */
export function examineDatabase(path: string): Examined {
  const sqlite = process.versions.sqlite ?? 'none';
  if (!existsSync(path)) return { file: path, found: false, schema: 0, sqlite, problems: [] };
  try {
    using connection = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
    const schema = schemaOf(connection);
    if (schema > newestSchema) throw newerSchema(schema, path);
    const rows = connection.prepare(`PRAGMA integrity_check(${mostProblems})`).all();
    const said = rows.map((row) => String(Object.values(row)[0]));
    return { file: path, found: true, schema, sqlite, problems: said.filter((line) => line !== 'ok') };
  } catch (error) {
    throw storeFailureOf(error, path);
  }
}
