import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { refuseNetworkFileSystem } from './file-system.ts';
import { operationsOn } from './operations.ts';
import { checkSqliteVersion, migrate, openConnection, sqliteDatabase } from './sqlite.ts';
import { isBusy, lockedFailure, storeFailureOf } from './sqlite-failure.ts';
import type { Store } from './store.ts';
import { createWake } from './wake.ts';

export interface StoreOptions {
  /** Absolute path of the database; its folder belongs to it alone. `:memory:` keeps nothing. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a lock of another program is waited for, ms; 15 s when left out. */
  readonly patience?: number;
}

export interface OpenedStore {
  readonly store: Store;
  /** What a person must be told: the database was damaged, and what was done about it. One sentence each. */
  readonly warnings: readonly string[];
}

const defaultPatience = 15_000;

/** Opens the store, creating and migrating as needed. Throws `StoreFailure` with one sentence when it cannot be used. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { path, clock, log, patience = defaultPatience } = options;
  const end = clock.monotonic() + patience;
  for (;;) {
    try {
      return { store: openNow(path, clock, log, patience), warnings: [] };
    } catch (error) {
      if (!isBusy(error)) throw storeFailureOf(error, path);
      if (clock.monotonic() >= end) throw lockedFailure(path, error);
    }
    await clock.sleep(50);
  }
}

function openNow(path: string, clock: Clock, log: Log, patience: number): Store {
  checkSqliteVersion();
  const inMemory = path === ':memory:';
  if (!inMemory) prepareFile(path);
  const connection = openConnection(path);
  try {
    migrate(connection, path, clock.now());
  } catch (error) {
    connection.close();
    throw error;
  }
  const database = sqliteDatabase(connection, { path, clock, patience });
  const wake = createWake({ database, path: inMemory ? undefined : path, clock, log });
  return {
    ...operationsOn(database),
    kind: inMemory ? 'memory' : 'file',
    onChange: wake.onChange,
    async close() {
      wake.close();
      database.close();
    },
  };
}

/** The folder 0700, the file 0600; SQLite gives its other files the mode of the first. */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  refuseNetworkFileSystem(dirname(path));
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}
