import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { makeFolder } from '../config/make-folder.ts';
import type { Log } from '../log/log.ts';
import { type CopyOrder, copyDatabase } from './copy-database.ts';
import { type Database, run } from './database.ts';
import { choreDone } from './statements/chore-done.ts';
import { choreLeft } from './statements/chore-left.ts';
import { takeChore } from './statements/take-chore.ts';

export interface BackupOptions {
  readonly directory: string;
  /** How many are kept; 0: none are made. */
  readonly keep: number;
}

export interface Backups {
  /** Makes a backup when the last one is a day old and no other process is at it; tells its path. Never rejects. */
  ifDue(now: number): Promise<string | undefined>;
  close(): Promise<void>;
}

const interval = 24 * 60 * 60 * 1000;
/** A backup that was begun and never finished is tried again after so long, ms. */
const givenUp = 60 * 60 * 1000;
/** A database of so many bytes is copied in a few milliseconds; the start of a thread takes ten times as long. */
const smallDatabase = 1 << 20;
const name = 'backup';
const pattern = /^longhaul-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.db$/;

export function createBackups(path: string, options: BackupOptions, database: Database, log: Log): Backups {
  let running: { readonly worker: Worker; readonly end: Promise<string | undefined> } | undefined;
  let closed = false;
  return {
    async ifDue(now) {
      if (closed || options.keep === 0) return undefined;
      if (running) return running.end;
      try {
        const chore = { name, now, due: now - interval, stale: now - givenUp };
        if ((await database.write(() => run(takeChore, chore))) === 0 || closed) return undefined;
        return await backUp(now);
      } catch (error) {
        if (!closed) log.error({ error }, 'the backup of the database failed; it is tried again in an hour');
        return undefined;
      }
    },
    async close() {
      closed = true;
      if (!running) return;
      await running.worker.terminate();
      // Whoever comes next need not wait until it counts as given up.
      await database.write(() => run(choreLeft, { name })).catch(() => {});
    },
  };

  async function backUp(now: number): Promise<string | undefined> {
    makeFolder(options.directory);
    const target = join(options.directory, `longhaul-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}.db`);
    const order = { database: path, target };
    if (isSmall(path)) copyDatabase(order);
    else await inThread(order);
    await database.write(() => run(choreDone, { name, now }));
    prune(options);
    return target;
  }

  async function inThread(order: CopyOrder): Promise<void> {
    const worker = new Worker(new URL('./backup.worker.ts', import.meta.url), { workerData: order });
    worker.unref();
    running = { worker, end: endOf(worker).then(() => order.target) };
    try {
      await running.end;
    } finally {
      running = undefined;
    }
  }
}

/** With what is not yet in the file itself. */
function isSmall(path: string): boolean {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(path) + sizeOf(`${path}-wal`) <= smallDatabase;
}

/** Paths of the backups, newest first. */
export function backupsIn(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((entry) => pattern.test(entry));
    return names
      .toSorted()
      .reverse()
      .map((entry) => join(directory, entry));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function prune({ directory, keep }: BackupOptions): void {
  for (const old of backupsIn(directory).slice(keep)) rmSync(old, { force: true });
  for (const entry of readdirSync(directory)) {
    if (entry.endsWith('.db.tmp')) rmSync(join(directory, entry), { force: true });
  }
}

function endOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the backup thread ended with ${code}`))));
  });
}
