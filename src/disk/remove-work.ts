import type { DownloadFile } from '../downloads/download.ts';
import { type Delivered, lookAtDelivered } from './delivered.ts';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { filesAtOnce, inLanes } from './in-lanes.ts';
import { removeOwnPartial } from './partial.ts';
import { isPublishedAs } from './publish.ts';

export interface WorkToRemove {
  readonly partials: boolean;
  readonly delivered: boolean;
}

/**
 * Removes what a download that was given up has on disk, and nothing that somebody else put under its names. A
 * delivered file counts as ours while it is our partial's, or while it has the size and the time of change that it
 * was delivered with. Returns the paths that were left because they are not ours any more.
 */
export async function removeWork(
  disk: Disk,
  files: readonly (Delivered & Pick<DownloadFile, 'partialPath' | 'finalPath'>)[],
  uid: string,
  what: WorkToRemove,
): Promise<string[]> {
  const left: string[] = [];
  await inLanes(files, filesAtOnce, async (file) => {
    const { partialPath, finalPath } = file;
    if (what.delivered && finalPath !== null) {
      const isOurs =
        partialPath === null
          ? await isAsDelivered(disk, finalPath, file)
          : await isPublishedAs(disk, partialPath, finalPath, file);
      if (isOurs) await onDisk(finalPath, () => disk.remove(finalPath));
      else if (await disk.facts(finalPath)) left.push(finalPath);
    }
    if (what.partials && partialPath !== null) await removeOwnPartial(disk, partialPath, uid);
  });
  return left;
}

/** A person asked for it, so a restored copy of the file goes, too, without reading it through. */
async function isAsDelivered(disk: Disk, path: string, recorded: Delivered): Promise<boolean> {
  const verdict = await lookAtDelivered(disk, path, recorded);
  return verdict === 'ours' || verdict === 'moved';
}
