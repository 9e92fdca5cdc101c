import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder with those above it that are missing, 0700 where `mode` says nothing else. Not Node's own
 * recursive way: below /proc and the like, where a folder cannot be made although the one above it is there,
 * that never returns (seen with Node 24.21). Throws the platform's error. Returns what it has made, outermost first.
 */
export function makeFolder(path: string, mode = 0o700): string[] {
  const missing: string[] = [];
  for (let folder = path; !isFolder(folder); folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of missing) makeOne(folder, mode);
  return missing;
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && isFolder(folder)) return;
    if (code !== 'ENOENT') throw error;
    throw Object.assign(new Error(`${folder} cannot be made`, { cause: error }), { code: 'EINVAL', path: folder });
  }
}

/** A file in the way is none: making the folder then fails with EEXIST. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
