import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { hostOf } from '../downloads/host.ts';
import type { Clock } from '../time/clock.ts';
import { createCommitQueue } from './commit-queue.ts';
import { type Database, type Question, runNow } from './database.ts';
import { migrations, newestSchema } from './migrations/list.ts';
import type { Dialect } from './migrations/migration.ts';
import { createReadQueue } from './read-queue.ts';
import { isBusy, lockedFailure, storeFailureOf } from './sqlite-failure.ts';
import { StoreFailure } from './store.ts';

/** What only SQLite needs: how a file is opened, how a transaction is begun, how a lock is waited for. */
export interface SqliteDatabase extends Database {
  /** Changes when another connection has committed; own commits do not change it. */
  dataVersion(): number;
  /** Calls back after each own transaction that changed something. */
  onWrite(listener: () => void): () => void;
  close(): void;
}

export interface SqliteParts {
  readonly path: string;
  readonly clock: Clock;
  /** How long a lock of another program is waited for, ms. */
  readonly patience: number;
  /** Called with every error that means the file is damaged. */
  readonly onError?: (thrown: unknown) => void;
}

/**
 * SQLite waits for a lock by sleeping in the calling thread, so it gets only so many ms; the rest
 * of the patience is spent between tries, while the loop turns.
 */
const busyTimeout = 20;
const shortestWait = 2;
const longestWait = 100;

/** Before 3.51.3 a rare race of WAL could lose a commit (https://sqlite.org/releaselog/3_51_3.html). */
const oldestSqlite = [3, 51, 3] as const;

/** Opens the file with the durability that everything else relies on. Throws SQLite's own errors. */
export function openConnection(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: busyTimeout });
  try {
    connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST;');
    if (path !== ':memory:') connection.exec('PRAGMA journal_mode = WAL');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Brings the schema up to date in one transaction. A newer one is refused. */
export function migrate(connection: DatabaseSync, path: string, now: number): void {
  const version = schemaOf(connection);
  if (version > newestSchema) throw newerSchema(version, path);
  if (version === newestSchema) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    applyFrom(schemaOf(connection), connection, now);
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

/** 0 in an empty file. The first thing that reads the file: a damaged one is found here. */
export function schemaOf(connection: DatabaseSync): number {
  return numberOf(connection.prepare('PRAGMA user_version').get(), 'user_version');
}

/** Refuses a SQLite that is known to lose commits. */
export function checkSqliteVersion(version: string | undefined = process.versions.sqlite): void {
  const parts = (version ?? '0').split('.').map(Number);
  for (const [at, wanted] of oldestSqlite.entries()) {
    const part = parts[at] ?? 0;
    if (part > wanted) return;
    if (part < wanted) {
      throw new StoreFailure(
        `this Node brings SQLite ${version ?? 'none'}; ${oldestSqlite.join('.')} or newer is needed: update Node`,
      );
    }
  }
}

/** A connection that is open and migrated, as the database that operations work on. */
export function sqliteDatabase(connection: DatabaseSync, parts: SqliteParts): SqliteDatabase {
  const { path } = parts;
  const prepared = new Map<object, StatementSync>();
  const perform = framingOf(connection);
  const listeners = new Set<() => void>();
  const readVersion = connection.prepare('PRAGMA data_version');
  const home = identityOf(path);
  let written = false;
  let closed = false;
  const patiently = patienceWith(parts, () => closed);
  const commitSoon = createCommitQueue({ commit: (run) => patiently(() => writing(run)), apart });
  const readTogether = createReadQueue((run) => patiently(() => transaction('BEGIN', run)));

  return {
    read: (work) => readTogether(() => runNow(work(), answer)),
    write: (work) => commitSoon(() => runNow(work(), answer)),
    dataVersion: () => (closed ? 0 : numberOf(readVersion.get(), 'data_version')),
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      if (!closed) connection.close();
      closed = true;
    },
  };

  /** What it throws undoes only what it wrote. */
  function apart<T>(run: () => T): T {
    perform('SAVEPOINT work');
    try {
      const result = run();
      perform('RELEASE work');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK TO work; RELEASE work');
      throw error;
    }
  }

  function writing<T>(run: () => T): T {
    checkIdentity();
    written = false;
    const result = transaction('BEGIN IMMEDIATE', run);
    if (written) for (const listener of listeners) listener();
    return result;
  }

  function transaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', run: () => T): T {
    perform(begin);
    try {
      const result = run();
      perform('COMMIT');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      throw error;
    }
  }

  function answer({ statement, params, want }: Question): unknown {
    const ready = prepared.get(statement) ?? connection.prepare(plannedOnce(statement.sql));
    prepared.set(statement, ready);
    if (want === 'one') return ready.get(params);
    if (want === 'all') return ready.all(params);
    const changes = Number(ready.run(params).changes);
    written ||= changes > 0;
    return changes;
  }

  /** A file that was deleted or replaced under us would take our writes into nothing. */
  function checkIdentity(): void {
    if (home === undefined || identityOf(path) === home) return;
    throw new StoreFailure(`the database was moved, deleted or replaced while it was in use (${path}): start again`, {
      lost: true,
    });
  }
}

/**
 * SQLite reads the value of a parameter that stands alone behind LIMIT when it plans, and so it would plan anew each
 * time the statement runs, which costs more than running it (https://sqlite.org/c3ref/prepare.html).
 */
function plannedOnce(sql: string): string {
  return sql.replaceAll(/\bLIMIT (:\w+)/g, 'LIMIT ($1 + 0)');
}

type Framing = 'BEGIN' | 'BEGIN IMMEDIATE' | 'COMMIT' | 'SAVEPOINT work' | 'RELEASE work';

/** What stands around the works. Prepared once: these are a good part of all statements. */
function framingOf(connection: DatabaseSync): (sql: Framing) => void {
  const prepared = new Map<Framing, StatementSync>();
  return (sql) => {
    const ready = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, ready);
    ready.run();
  };
}

/** Tries again while the database is locked by another program, with pauses in which the loop turns. */
function patienceWith({ path, clock, patience, onError }: SqliteParts, isClosed: () => boolean) {
  return async <T>(attempt: () => T): Promise<T> => {
    const end = clock.monotonic() + patience;
    for (let wait = shortestWait; ; wait = Math.min(wait * 2, longestWait)) {
      if (isClosed()) throw new StoreFailure('the store is closed');
      try {
        return attempt();
      } catch (error) {
        onError?.(error);
        if (!isBusy(error)) throw storeFailureOf(error, path);
        if (clock.monotonic() >= end) throw lockedFailure(path, error);
      }
      await clock.sleep(wait);
    }
  };
}

function applyFrom(version: number, connection: DatabaseSync, now: number): void {
  connection.function('longhaul_host_of', { deterministic: true }, (link) => hostOf(String(link)));
  connection.exec(
    'CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)',
  );
  for (const migration of migrations.slice(version)) {
    for (const sql of migration.statements(dialect)) connection.exec(sql);
    connection
      .prepare('INSERT INTO schema_version (version, applied_at) VALUES (:version, :now)')
      .run({ version: migration.version, now });
    connection.exec(`PRAGMA user_version = ${migration.version}`);
  }
}

/** AUTOINCREMENT: an id that was shown to a person, or is somebody's cursor, never comes back. */
const dialect: Dialect = {
  name: 'sqlite',
  generatedId: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  bigint: 'INTEGER',
  timestamp: (column) => `strftime('%Y-%m-%d %H:%M:%f', ${column} / 1000.0, 'unixepoch')`,
  hostOf: (column) => `longhaul_host_of(${column})`,
};

/** What this Longhaul is too old for. */
export function newerSchema(version: number, path: string): StoreFailure {
  return new StoreFailure(
    `the database was written by a newer Longhaul (schema ${version}, this one knows ${newestSchema}; ${path}): update Longhaul, or set LONGHAUL_HOME to another folder`,
  );
}

function identityOf(path: string): string | undefined {
  if (path === ':memory:') return undefined;
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts ? `${facts.dev}:${facts.ino}` : 'gone';
}

function numberOf(row: unknown, column: string): number {
  const value = typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[column] : undefined;
  return typeof value === 'number' ? value : 0;
}
