import { rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Reasons to look at a database before it is used. Only names and sizes are asked for: on POSIX, closing
 * any handle of a file drops the locks that this process has on it (https://sqlite.org/howtocorrupt.html
 * 2.2), so nobody but SQLite opens it.
 *
 * - absent: no file, or an empty one;
 * - reported: an operation met damage;
 * - unclean: the last one in did not close it (its log is still there);
 * - log gone: it was not closed, and its log was taken away.
 */
export type Suspicion = 'absent' | 'reported' | 'unclean' | 'log gone';

export function suspicionOf(path: string): Suspicion | undefined {
  if (!sizeOf(path)) return 'absent';
  if (sizeOf(markOf(path)) !== undefined) return 'reported';
  const log = sizeOf(`${path}-wal`);
  if (log) return 'unclean';
  return log === undefined && sizeOf(`${path}-shm`) !== undefined ? 'log gone' : undefined;
}

/** The next one that has the database alone will look at it. */
export function report(path: string): void {
  writeFileSync(markOf(path), 'damage was met here; the next start looks at the whole database\n', { mode: 0o600 });
}

export function withdrawReport(path: string): void {
  rmSync(markOf(path), { force: true });
}

const markOf = (path: string) => `${path}.suspect`;

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
