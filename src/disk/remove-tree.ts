import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';

/** Removes a folder with all that is in it, or a file; links are removed and never followed. No error when it is gone. */
export async function removeTree(disk: Disk, path: string): Promise<void> {
  const facts = await onDisk(path, () => disk.facts(path));
  if (!facts) return;
  if (!facts.isDirectory) return onDisk(path, () => disk.remove(path));
  for (const name of await onDisk(path, () => disk.list(path))) await removeTree(disk, join(path, name));
  await onDisk(path, () => disk.removeDirectory(path));
}

/** Removes a folder in which nothing but folders is; of any other it takes nothing that holds a file. Never throws. */
export async function removeEmptyTree(disk: Disk, path: string): Promise<void> {
  try {
    if (!(await disk.facts(path))?.isDirectory) return;
    for (const name of await disk.list(path)) await removeEmptyTree(disk, join(path, name));
    await disk.removeDirectory(path);
  } catch {
    // It holds something, or is not ours to remove now.
  }
}
