import type { DownloadFile } from '../downloads/download.ts';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { removeOwnPartial } from './partial.ts';
import { isPublishedAs } from './publish.ts';

export interface WorkToRemove {
  readonly partials: boolean;
  readonly delivered: boolean;
  /** When the download was completed, epoch ms; null: it was not. */
  readonly deliveredAt: number | null;
}

/** File systems keep times this coarsely, ms. */
const coarseness = 2000;

/**
 * Removes what a download that was given up has on disk, and nothing that somebody else put under its names. A
 * delivered file counts as ours while it is our partial's, or while it has the delivered size and was not
 * written since. Returns the paths that were left because they are not ours any more.
 */
export async function removeWork(
  disk: Disk,
  files: readonly Pick<DownloadFile, 'partialPath' | 'finalPath' | 'size'>[],
  uid: string,
  what: WorkToRemove,
): Promise<string[]> {
  const left: string[] = [];
  for (const { partialPath, finalPath, size } of files) {
    if (what.delivered && finalPath !== null) {
      const isOurs =
        partialPath === null
          ? await isUntouched(disk, finalPath, size, what.deliveredAt)
          : await isPublishedAs(disk, partialPath, finalPath, size);
      if (isOurs) await onDisk(finalPath, () => disk.remove(finalPath));
      else if (await disk.facts(finalPath)) left.push(finalPath);
    }
    if (what.partials && partialPath !== null) await removeOwnPartial(disk, partialPath, uid);
  }
  return left;
}

async function isUntouched(disk: Disk, path: string, size: number | null, since: number | null): Promise<boolean> {
  const facts = await onDisk(path, () => disk.facts(path));
  if (!facts?.isFile || since === null) return false;
  return facts.size === size && facts.modifiedAt <= since + coarseness;
}
