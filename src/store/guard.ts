import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './sqlite-failure.ts';

/**
 * Tells whether any process has the database open, and keeps others out while it is mended. It is a
 * lock of the operating system on an empty file beside the database, so it ends with its process,
 * however that ends. SQLite holds the lock: it knows each platform's ways, and its own threads'.
 *
 * Everybody who opens the database shares it first; whoever has it alone knows that nobody else is in.
 */
export interface Guard {
  /** True: nobody else is in, and nobody can come in before `share` or `close`. */
  tryAlone(): boolean;
  /** Throws SQLite's busy error while somebody has it alone. */
  share(): void;
  close(): void;
}

export function createGuard(path: string): Guard {
  const file = `${path}.lock`;
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const lock = new DatabaseSync(file, { timeout: 20 });
  let held: 'nothing' | 'shared' | 'alone' = 'nothing';
  return {
    tryAlone() {
      if (held === 'alone') return true;
      letGo();
      try {
        lock.exec('BEGIN EXCLUSIVE');
        held = 'alone';
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw error;
      }
    },
    share() {
      if (held === 'shared') return;
      letGo();
      lock.exec('BEGIN');
      held = 'shared';
      try {
        lock.prepare('SELECT COUNT(*) FROM sqlite_schema').get();
      } catch (error) {
        letGo();
        throw error;
      }
    },
    close() {
      if (lock.isOpen) lock.close();
    },
  };

  function letGo(): void {
    if (lock.isTransaction) lock.exec('ROLLBACK');
    held = 'nothing';
  }
}
