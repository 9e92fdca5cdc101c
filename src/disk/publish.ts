import { dirname, join } from 'node:path';
import { type Delivered, type FileMark, markFrom, markOf, verdictOnFile } from './delivered.ts';
import type { Disk, FileFacts } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { diskBehind } from './leased-disk.ts';
import { numberedName } from './safe-name.ts';

const mostNumbers = 9999;
/** What `link` says where a file system has no hard links (FAT, exFAT, some network and FUSE ones). */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/**
 * Gives a complete, synced partial its final name, never replacing a file: the name is made by a
 * hard link, which fails when it is taken (a rename would silently replace a file that another
 * program put there a moment ago). The partial keeps its own name until `removePartial`, so that
 * after a crash anywhere in between it is plain what happened: equal inodes mean "published".
 *
 * The name is made in `folder`, on the same volume; left out: where the partial lies. `reserve` records the name, and
 * by what the file is known again, before the name is made; when it answers false (the lease is lost) nothing is
 * published and the result is undefined. fsync(partial) → reserve → link; the name is durable after `settleNames`. `synced`: whoever wrote it has synced it just now, as it is. Idempotent. Throws `Failure` (disk,
 * no_space).
 */
export async function publish(
  disk: Disk,
  partialPath: string,
  name: string,
  reserve: (finalPath: string, mark: FileMark) => Promise<boolean>,
  { folder = dirname(partialPath), synced }: { readonly folder?: string; readonly synced?: FileFacts | undefined } = {},
): Promise<string | undefined> {
  if (!synced) await syncWhole(disk, partialPath);
  return onDisk(partialPath, async () => {
    for (let n = 1; n <= mostNumbers; n += 1) {
      const finalPath = join(folder, numberedName(name, n));
      if (await disk.facts(finalPath)) {
        if (await isPublishedAs(disk, partialPath, finalPath)) return finalPath;
        continue;
      }
      const mark = synced ? markFrom(synced) : await markOf(disk, partialPath);
      if (!(await reserve(finalPath, mark))) return undefined;
      if (await giveName(disk, partialPath, finalPath)) return finalPath;
    }
    throw Object.assign(new Error(`${mostNumbers} files named ${join(folder, name)}`), { code: 'EEXIST' });
  });
}

/**
 * Makes names durable: those that were made and those that were removed. Also for names that an earlier run
 * made: that they are there after its death does not say that they stay after a power loss.
 */
export async function settleNames(disk: Disk, paths: readonly string[]): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    await onDisk(join(folder, '.'), () => disk.syncDirectory(folder));
  }
}

/**
 * True when `finalPath` is this partial under its final name: the same inode, or the partial is gone (it was renamed
 * where there are no hard links, or has had its work done) and what stands there is what was `recorded` as verified.
 */
export async function isPublishedAs(
  disk: Disk,
  partialPath: string,
  finalPath: string,
  recorded?: Delivered,
): Promise<boolean> {
  const partial = await onDisk(partialPath, () => disk.facts(partialPath));
  const final = await onDisk(finalPath, () => disk.facts(finalPath));
  if (!final?.isFile) return false;
  if (partial) return partial.inode === final.inode && partial.device === final.device;
  return recorded !== undefined && ['ours', 'moved'].includes(verdictOnFile(recorded, final));
}

/**
 * A second name for a file or, where there are no hard links, another one; never in the place of a file. False when the
 * name is taken. Throws the platform's error, such as EXDEV.
 */
export async function giveName(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.link(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!noLinks.has(code)) throw error;
    return renameIfFree(disk, from, to);
  }
}

async function syncWhole(disk: Disk, path: string): Promise<void> {
  await onDisk(path, async () => {
    const file = disk.open(path);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Names that are between the look and the rename; two downloads of ours may want one at the same time. */
const beingNamedOn = new WeakMap<Disk, Set<string>>();

async function renameIfFree(disk: Disk, partialPath: string, finalPath: string): Promise<boolean> {
  const whole = diskBehind(disk);
  const beingNamed = beingNamedOn.get(whole) ?? new Set();
  beingNamedOn.set(whole, beingNamed);
  if (beingNamed.has(finalPath)) return false;
  beingNamed.add(finalPath);
  try {
    if (await disk.facts(finalPath)) return false;
    await disk.rename(partialPath, finalPath);
    return true;
  } finally {
    beingNamed.delete(finalPath);
  }
}
