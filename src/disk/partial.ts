import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { numberedName } from './safe-name.ts';

/** Endings of our work files; `docs/design.md` tells people what they are. */
const partialEnding = '.part';
const sidecarEnding = '.part.json';
const sidecarMode = 0o600;
const mostNumbers = 9999;

/** What belongs to a partial on disk. */
export function sidecarOf(partialPath: string): string {
  return partialPath.slice(0, -partialEnding.length) + sidecarEnding;
}

/** The final path a partial is meant for. */
export function finalOf(partialPath: string): string {
  return partialPath.slice(0, -partialEnding.length);
}

/**
 * Creates an empty partial for `name` in `directory`, exclusively: the first of `name`, `name (2)`, …
 * whose final name and partial are both free and that `reserve` grants. Reserved first, created then:
 * a crash in between leaves no file that belongs to nobody. Returns its absolute path; the name is
 * durable. Throws `Failure` (disk, no_space) and whatever `reserve` throws.
 */
export async function createPartial(
  disk: Disk,
  directory: string,
  name: string,
  reserve: (partialPath: string) => Promise<boolean>,
): Promise<string> {
  const wanted = join(directory, name);
  return onDisk(wanted, async () => {
    await disk.makeDirectory(directory);
    for (let n = 1; n <= mostNumbers; n += 1) {
      const partial = join(directory, numberedName(name, n) + partialEnding);
      if ((await disk.facts(finalOf(partial))) || (await disk.facts(partial))) continue;
      if (!(await reserve(partial)) || !(await createdExclusively(disk, partial))) continue;
      await disk.syncDirectory(directory);
      return partial;
    }
    throw Object.assign(new Error(`${mostNumbers} files named ${name}`), { code: 'EEXIST' });
  });
}

/** Writes what is needed to rebuild the row of this partial, should the database be lost. */
export async function writeSidecar(disk: Disk, partialPath: string, facts: object): Promise<void> {
  const path = sidecarOf(partialPath);
  await onDisk(path, () => disk.writeText(path, `${JSON.stringify(facts, null, 2)}\n`, sidecarMode));
}

/** Removes a partial and what belongs to it. Idempotent. The sidecar goes first: alone it would mean nothing. */
export async function removePartial(disk: Disk, partialPath: string): Promise<void> {
  await onDisk(partialPath, async () => {
    await disk.remove(sidecarOf(partialPath));
    await disk.remove(partialPath);
  });
}

/** The paths of all sidecars in a folder. */
export async function sidecarsIn(disk: Disk, directory: string): Promise<string[]> {
  const names = await disk.list(directory);
  return names.filter((name) => name.endsWith(sidecarEnding)).map((name) => join(directory, name));
}

async function createdExclusively(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.create(path).close();
    return true;
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await disk.facts(path)) !== undefined;
    if (taken) return false;
    throw error;
  }
}
