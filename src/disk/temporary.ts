import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/**
 * Where a text is written before it gets its name. A short name of its own: beside a name of 255 bytes there is no
 * room for an ending. Always the same for one path, so that what a crash leaves is found again.
 */
export function temporaryFor(path: string): string {
  return besides(path, 'tmp');
}

/** The folder that belongs to a partial, for sources that cannot write to the partial itself; it goes with it. */
export function workFolderFor(partialPath: string): string {
  return besides(partialPath, 'work');
}

function besides(path: string, ending: string): string {
  const mark = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16);
  return join(dirname(path), `.longhaul-${mark}.${ending}`);
}
