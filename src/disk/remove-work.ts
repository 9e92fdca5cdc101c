import type { DownloadFile } from '../downloads/download.ts';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { removeOwnPartial } from './partial.ts';
import { isPublishedAs } from './publish.ts';

export interface WorkToRemove {
  readonly partials: boolean;
  readonly delivered: boolean;
}

/**
 * Removes what a download that was given up has on disk, and nothing that somebody else put under a name which
 * was only reserved: a final name counts as ours when it is our partial's, or when the partial was given up for it.
 */
export async function removeWork(
  disk: Disk,
  files: readonly Pick<DownloadFile, 'partialPath' | 'finalPath' | 'size'>[],
  uid: string,
  what: WorkToRemove,
): Promise<void> {
  for (const { partialPath, finalPath, size } of files) {
    const isOurs =
      finalPath !== null && (partialPath === null || (await isPublishedAs(disk, partialPath, finalPath, size)));
    if (what.delivered && isOurs) await onDisk(finalPath, () => disk.remove(finalPath));
    if (what.partials && partialPath !== null) await removeOwnPartial(disk, partialPath, uid);
  }
}
