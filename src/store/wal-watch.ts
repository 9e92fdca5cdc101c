import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import type { SqliteDatabase } from './sqlite.ts';

/**
 * The net under the watch, ms: where the file system does not tell (or too many watches are open)
 * a change is seen this late.
 */
const poll = 1000;

/**
 * The log of the database is written first and counts later, after its sync: so a watch that fires
 * looks again after each of these waits, ms, until the commit is visible.
 */
const looks = [0, 1, 1, 2, 4, 8, 16, 32, 64] as const;

/**
 * Tells of commits of other processes by a watch on the write-ahead log and SQLite's `data_version`. The folder is
 * watched, not the log itself, which comes and goes.
 */
export function watchLog(path: string, database: SqliteDatabase, clock: Clock, log: Log, tell: () => void): () => void {
  let seen: number | undefined;
  seen = versionNow();
  let step = 0;
  let cancelLook: (() => void) | undefined;
  const stopWatch = watchFile(`${path}-wal`, log, () => {
    step = 0;
    if (!cancelLook) lookAgain();
  });
  const stopPoll = clock.every(poll, look);
  return () => {
    cancelLook?.();
    stopPoll();
    stopWatch();
  };

  function look(): void {
    const version = versionNow();
    if (version === seen) return;
    seen = version;
    tell();
  }

  /** A database that cannot answer now is told of by whoever asks it for more. */
  function versionNow(): number | undefined {
    try {
      return database.dataVersion();
    } catch {
      return seen;
    }
  }

  function lookAgain(): void {
    const wait = looks[step];
    step += 1;
    cancelLook = undefined;
    if (wait === undefined) return;
    cancelLook = clock.after(wait, () => {
      look();
      lookAgain();
    });
  }
}

function watchFile(path: string, log: Log, onEvent: () => void): () => void {
  const name = basename(path);
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name) onEvent();
    });
    watcher.on('error', (error) =>
      log.warn({ error }, 'the database can no longer be watched; it is looked at each second'),
    );
    return () => watcher.close();
  } catch (error) {
    log.warn({ error }, 'the database cannot be watched; it is looked at each second');
    return () => {};
  }
}
