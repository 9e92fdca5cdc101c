import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface CopyOrder {
  readonly database: string;
  readonly target: string;
}

/**
 * Copies a database to `target`, durably; it has that name only when it is whole, and nothing stays of a copy that
 * failed: on a full disk the next ones would find even less room. Holds its thread until then.
 */
export function copyDatabase({ database, target }: CopyOrder): void {
  const unfinished = `${target}.tmp`;
  rmSync(unfinished, { force: true });
  closeSync(openSync(unfinished, 'wx', 0o600));
  try {
    copyInto(unfinished, database);
    chmodSync(unfinished, 0o600);
    sync(unfinished, 'r+');
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  if (process.platform !== 'win32') sync(dirname(target), 'r');
}

function copyInto(target: string, database: string): void {
  const source = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
  try {
    source.prepare('VACUUM INTO :target').run({ target });
  } finally {
    source.close();
  }
}

function sync(path: string, flags: string): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
