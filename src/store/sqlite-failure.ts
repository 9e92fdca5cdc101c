import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NotPossible, StoreFailure } from './store.ts';

/** SQLite's primary result codes that mean something to a person. https://sqlite.org/rescode.html */
const codes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  input: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** Somebody else holds a lock: worth waiting for. */
export function isBusy(thrown: unknown): boolean {
  const code = primaryCode(thrown);
  return code === codes.busy || code === codes.locked;
}

/** The file is not (or no longer) a sound database. */
export function isDamage(thrown: unknown): boolean {
  const code = primaryCode(thrown);
  return code === codes.corrupt || code === codes.notADatabase;
}

/** What was thrown, as a `StoreFailure` where SQLite or the file system threw it; anything else as it is. */
export function storeFailureOf(thrown: unknown, path: string, hasNoRoom = isTight): unknown {
  if (thrown instanceof StoreFailure || thrown instanceof NotPossible) return thrown;
  const code = primaryCode(thrown);
  // A full disk on which SQLite can make none of its files larger is an I/O error to it.
  const full = isFull(thrown) || (code === codes.input && hasNoRoom(path));
  const sentence = full
    ? fullSentence(path)
    : code === undefined
      ? ofErrno(thrown, path)
      : ofSqlite(code, path, thrown);
  return sentence === undefined ? thrown : new StoreFailure(sentence, { cause: thrown, full });
}

export function lockedFailure(path: string, cause?: unknown): StoreFailure {
  return new StoreFailure(
    `the database is locked by another program (${path}): close what has it open, then try again`,
    cause === undefined ? {} : { cause },
  );
}

const fullSentence = (path: string) => `the disk of the database is full (${path}): free some space, then try again`;

/** Node names no EDQUOT: errno(3) of Linux. */
const EDQUOT = -122;

function isFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, errno } = thrown as NodeJS.ErrnoException;
  return primaryCode(thrown) === codes.full || code === 'ENOSPC' || errno === EDQUOT;
}

/** Bytes. Less than this and the file of the shared memory, or a page of the log, has no room. */
const tight = 1 << 20;

/** Whether the disk, which must count what it holds, has next to no room. */
function isTight(path: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path));
    return blocks > 0 && bavail * bsize < tight;
  } catch {
    return false;
  }
}

function primaryCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined;
  return thrown.errcode & 0xff;
}

function ofSqlite(code: number, path: string, thrown: unknown): string {
  switch (code) {
    case codes.busy:
    case codes.locked:
      return lockedFailure(path).message;
    case codes.readOnly:
    case codes.permission:
      return `the database cannot be written (${path}): make the file and its folder writable for this user`;
    case codes.cannotOpen:
      return `the database cannot be opened (${path}): check that the folder exists and that this user may read and write it`;
    case codes.input:
      return `the disk of the database does not read or write as it should (${path}): check the disk, then try again`;
    case codes.corrupt:
    case codes.notADatabase:
      return `the database is damaged (${path}): run any longhaul command again, it will be repaired then`;
    default:
      return `the database refused (${path}): ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

function ofErrno(thrown: unknown, path: string): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `the database cannot be written (${path}): make the file and its folder writable for this user`;
    case 'EROFS':
      return `the database lies on a read-only disk (${path}): set LONGHAUL_HOME to a folder that can be written`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return `something else stands where the database belongs (${path}): move it away, or set LONGHAUL_HOME to another folder`;
    case 'EINVAL':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENOENT':
      return `no database can be made there (${path}): set LONGHAUL_HOME to a folder that can be written`;
    default:
      return undefined;
  }
}
