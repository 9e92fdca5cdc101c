import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../config/make-folder.ts';
import type { Sidecar } from '../downloads/sidecar.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { type BackupOptions, createBackups } from './backup.ts';
import { refuseNetworkFileSystem } from './file-system.ts';
import { createGuard, type Guard } from './guard.ts';
import { isRemembered, type MendParts, mend } from './mend.ts';
import { operationsOn } from './operations.ts';
import { openPlaces, type Places } from './places.ts';
import { checkSqliteVersion, migrate, openConnection, sqliteDatabase } from './sqlite.ts';
import { isBusy, isDamage, lockedFailure, storeFailureOf } from './sqlite-failure.ts';
import { type Store, StoreFailure } from './store.ts';
import { report, suspicionOf } from './suspicion.ts';
import { createWake } from './wake.ts';
import { watchLog } from './wal-watch.ts';

export interface StoreOptions {
  /** Absolute path of the database; its folder belongs to it alone. `:memory:` keeps nothing. */
  readonly path: string;
  readonly backups?: BackupOptions;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a lock of another program is waited for, ms; 15 s when left out. */
  readonly patience?: number;
  /** Reads the `.part.json` files in these folders, should the database be lost; one that cannot be read is left out. */
  readonly recoverFrom?: (directories: readonly string[]) => Promise<readonly Sidecar[]>;
}

export interface OpenedStore {
  readonly store: Store;
  /** What a person must be told: the database was damaged, and what was done about it. One sentence each. */
  readonly warnings: readonly string[];
  /** Makes the daily backup when it is due and no other process makes it; tells its path. Never rejects. */
  backupIfDue(now: number): Promise<string | undefined>;
}

const defaultPatience = 15_000;
const shortestWait = 5;
const longestWait = 200;

/**
 * Opens the store, creating and migrating as needed, and mends a damaged one. Throws `StoreFailure`
 * with one sentence when it cannot be used.
 */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  checkSqliteVersion();
  try {
    return await (options.path === ':memory:' ? openMemory(options) : openFile(options));
  } catch (error) {
    throw storeFailureOf(error, options.path);
  }
}

async function openMemory({ path, clock, log, patience = defaultPatience }: StoreOptions): Promise<OpenedStore> {
  const connection = openConnection(path);
  migrate(connection, path, clock.now());
  const database = sqliteDatabase(connection, { path, clock, patience });
  const wake = createWake({ own: database.onWrite, log });
  const close = async () => {
    wake.close();
    database.close();
  };
  const store: Store = { ...operationsOn(database), kind: 'memory', onChange: wake.onChange, close };
  return { store, warnings: [], backupIfDue: async () => undefined };
}

async function openFile(options: StoreOptions): Promise<OpenedStore> {
  const { path, clock, log } = options;
  prepareFolder(path);
  const places = openPlaces(path);
  const guard = createGuard(path);
  try {
    const { connection, warnings } = await connect(options, places, guard);
    return fileStore(options, { connection, warnings, places, guard });
  } catch (error) {
    guard.close();
    throw error;
  }

  function fileStore(
    { patience = defaultPatience, backups = { directory: '', keep: 0 } }: StoreOptions,
    house: { connection: DatabaseSync; warnings: readonly string[]; places: Places; guard: Guard },
  ): OpenedStore {
    const onError = (thrown: unknown) => {
      if (isDamage(thrown)) report(path);
    };
    const database = sqliteDatabase(house.connection, { path, clock, patience, onError });
    const wake = createWake({
      own: database.onWrite,
      others: (tell) => watchLog(path, database, clock, log, tell),
      log,
    });
    const keeper = createBackups(path, backups, database, log);
    const close = async () => {
      wake.close();
      await keeper.close();
      database.close();
      house.guard.close();
    };
    const store: Store = {
      ...withPlaces(operationsOn(database), house.places, path),
      kind: 'file',
      onChange: wake.onChange,
      close,
    };
    return { store, warnings: house.warnings, backupIfDue: keeper.ifDue };
  }
}

/** A folder is known before the first partial in it is recorded, let alone created. */
function withPlaces<T extends Pick<Store, 'recordManifest' | 'recordPartial' | 'workFolders'>>(
  store: T,
  places: Places,
  path: string,
): T {
  return {
    ...store,
    workFolders: async () => places.known(),
    async recordManifest(lease, manifest, now) {
      if (manifest.partialPath !== undefined) add(manifest.partialPath);
      return store.recordManifest(lease, manifest, now);
    },
    async recordPartial(lease, fileId, partialPath, now) {
      add(partialPath);
      return store.recordPartial(lease, fileId, partialPath, now);
    },
  };

  function add(partialPath: string): void {
    try {
      places.add(dirname(partialPath));
    } catch (error) {
      throw storeFailureOf(error, path);
    }
  }
}

/** A connection to a database that is sound as far as is known; waits for who has it locked. */
async function connect(options: StoreOptions, places: Places, guard: Guard) {
  const { path, clock, log, patience = defaultPatience } = options;
  const parts: MendParts = {
    path,
    backups: options.backups?.directory,
    places,
    clock,
    log,
    recoverFrom: options.recoverFrom,
  };
  const end = clock.monotonic() + patience;
  const warnings: string[] = [];
  for (let wait = shortestWait; ; wait = Math.min(wait * 2, longestWait)) {
    try {
      warnings.push(...(await mendIfAlone(parts, guard)));
      guard.share();
      return { connection: migrated(path, clock.now()), warnings };
    } catch (error) {
      if (isDamage(error)) reportDamage(path, guard, warnings);
      else if (!isBusy(error)) throw error;
      if (clock.monotonic() >= end) throw lockedFailure(path, error);
    }
    await clock.sleep(wait);
  }
}

async function mendIfAlone(parts: MendParts, guard: Guard): Promise<string[]> {
  const suspicion = suspicionOf(parts.path);
  if (suspicion === undefined) return [];
  if (guard.tryAlone()) return mend(parts, suspicion);
  if (suspicion === 'absent' && isRemembered(parts)) {
    throw new StoreFailure(
      `the database is gone while another Longhaul uses it (${parts.path}): stop that one, then try again`,
    );
  }
  return [];
}

/** The next try mends it, if nobody else is in. */
function reportDamage(path: string, guard: Guard, warnings: readonly string[]): void {
  report(path);
  if (warnings.length > 0)
    throw new StoreFailure(`the database cannot be repaired (${path}): look at the disk it is on`);
  if (!guard.tryAlone()) {
    throw new StoreFailure(
      `the database is damaged and another Longhaul has it open (${path}): stop that one, then try again`,
    );
  }
}

function migrated(path: string, now: number): DatabaseSync {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const connection = openConnection(path);
  try {
    migrate(connection, path, now);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** 0700; the file is 0600, and SQLite gives its other files the mode of the first. */
function prepareFolder(path: string): void {
  const folder = dirname(path);
  makeFolder(folder);
  chmodSync(folder, 0o700);
  refuseNetworkFileSystem(folder);
}
