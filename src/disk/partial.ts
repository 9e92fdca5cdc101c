import { basename, dirname, join } from 'node:path';
import { Failure } from '../downloads/failure.ts';
import { sidecarUid } from '../downloads/sidecar.ts';
import type { Disk, OpenFile } from './disk.ts';
import { onDisk } from './disk-failure.ts';
import { filesAtOnce, inLanes } from './in-lanes.ts';
import { numberedName } from './safe-name.ts';
import { temporaryFor, workFolderFor } from './temporary.ts';

/** Endings of our work files; `docs/design.md` tells people what they are. */
const partialEnding = '.part';
const sidecarEnding = '.part.json';
const mismatchEnding = '.mismatch';
const sidecarMode = 0o600;
const mostNumbers = 9999;

/**
 * The partial of a short file: its name alone says whose it is, so it is known again without a sidecar. `uid`: of its
 * download. Absolute path.
 */
export function shortPartial(directory: string, uid: string): string {
  return join(directory, `.longhaul-${uid}${partialEnding}`);
}

/** Of whomever: it is not called after the file that it will be. */
export function isShortPartial(partialPath: string): boolean {
  return /^\.longhaul-[\da-f-]{36}\.part$/.test(basename(partialPath));
}

/** What belongs to a partial on disk. */
export function sidecarOf(partialPath: string): string {
  return partialPath.slice(0, -partialEnding.length) + sidecarEnding;
}

/** Where what is to take the partial's place is put together: of a source whose pieces are not the file yet. */
export function assemblyOf(partialPath: string): string {
  return temporaryFor(`${partialPath}.assembly`);
}

/** The partial that a sidecar stands beside. */
export function partialOf(sidecarPath: string): string {
  return sidecarPath.slice(0, -sidecarEnding.length) + partialEnding;
}

/** The final path a partial is meant for. */
export function finalOf(partialPath: string): string {
  return partialPath.slice(0, -partialEnding.length);
}

/**
 * Creates an empty partial for `name` in `directory`, exclusively: the first of `name`, `name (2)`, …
 * whose final name and partial are both free and that `reserve` grants. Reserved first, created then:
 * a crash in between leaves no file that belongs to nobody. `mode`: as `Disk.create`. Returns its absolute path; the name is
 * durable as soon as its sidecar is written. Throws `Failure` (disk, no_space) and whatever `reserve` throws.
 */
export async function createPartial(
  disk: Disk,
  directory: string,
  name: string,
  reserve: (partialPath: string) => Promise<boolean>,
  mode?: number,
): Promise<string> {
  const wanted = join(directory, name);
  return onDisk(wanted, async () => {
    await disk.makeDirectory(directory);
    for (let n = 1; n <= mostNumbers; n += 1) {
      const partial = join(directory, numberedName(name, n) + partialEnding);
      if ((await disk.facts(finalOf(partial))) || (await disk.facts(partial))) continue;
      if ((await reserve(partial)) && (await createdExclusively(disk, partial, mode))) return partial;
    }
    throw Object.assign(new Error(`${mostNumbers} files named ${name}`), { code: 'EEXIST' });
  });
}

/** As `Disk.create`, in a folder that is there. Throws the platform's error, or `Failure` where the folder takes no files. */
export function createIn(disk: Disk, path: string, mode: number | undefined): OpenFile {
  try {
    return disk.create(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Its folder is there: such places (/proc) take no files.
    const folder = dirname(path);
    throw new Failure('disk', `${folder} cannot be written to; choose another folder with -d`, { cause: error });
  }
}

/** Writes what is needed to rebuild the row of this partial, should the database be lost; both names are durable then. */
export async function writeSidecar(disk: Disk, partialPath: string, facts: object): Promise<void> {
  const path = sidecarOf(partialPath);
  await onDisk(path, () => disk.writeText(path, sidecarText(facts), sidecarMode));
}

/** True when a partial and its sidecar are as `createPartial` and `writeSidecar` with these facts leave them. */
export async function isUntouched(disk: Disk, partialPath: string, sidecar: object): Promise<boolean> {
  return onDisk(partialPath, async () => {
    const facts = await disk.facts(partialPath);
    if (!facts?.isFile || facts.size > 0) return false;
    return (await disk.readText(sidecarOf(partialPath))) === sidecarText(sidecar);
  });
}

/**
 * Makes durable the names of partials that an earlier process made, and those of their folders: it may have died before
 * they were. Throws `Failure`.
 */
export async function settlePartials(disk: Disk, partialPaths: readonly string[]): Promise<void> {
  await inLanes([...new Set(partialPaths.map(dirname))], filesAtOnce, (folder) =>
    onDisk(folder, async () => {
      await disk.makeDirectory(folder);
      await disk.syncDirectory(folder);
    }),
  );
}

function sidecarText(facts: object): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}

/**
 * True when what stands under a recorded name is surely this download's: its name or its sidecar says so, or it is
 * still empty and has none (the crash came before it). Whatever else is there, somebody put there since.
 */
async function isOwnPartial(disk: Disk, partialPath: string, uid: string): Promise<boolean> {
  const facts = await onDisk(partialPath, () => disk.facts(partialPath));
  if (!facts?.isFile) return false;
  if (partialPath === shortPartial(dirname(partialPath), uid)) return true;
  const owner = await ownerOf(disk, partialPath);
  return owner === undefined ? facts.size === 0 : owner === uid;
}

/**
 * Removes a partial and what belongs to it, also a sidecar that a crash left half written. Idempotent, and may end
 * anywhere: the partial leaves its name first. Without its sidecar nobody would know whose it is; the sidecar alone
 * would claim whatever comes there.
 */
export async function removePartial(disk: Disk, partialPath: string): Promise<void> {
  await onDisk(partialPath, async () => {
    await disk.remove(temporaryFor(sidecarOf(partialPath)));
    await disk.remove(assemblyOf(partialPath));
    const leaving = temporaryFor(partialPath);
    await renameIfThere(disk, partialPath, leaving);
    await disk.remove(sidecarOf(partialPath));
    await disk.remove(leaving);
  });
}

/**
 * Keeps a partial whose bytes are wrong beside the others as `NAME.mismatch`, for a person to look at, and never as
 * something to go on with. `name`: what the file would have been called. Returns its path. Throws `Failure`.
 */
export async function setAside(disk: Disk, partialPath: string, name: string): Promise<string> {
  const wanted = isShortPartial(partialPath) ? name : basename(finalOf(partialPath));
  return onDisk(partialPath, async () => {
    for (let n = 1; ; n += 1) {
      const aside = join(dirname(partialPath), numberedName(wanted, n) + mismatchEnding);
      if (n < mostNumbers && (await disk.facts(aside))) continue;
      await disk.rename(partialPath, aside);
      await disk.remove(sidecarOf(partialPath));
      return aside;
    }
  });
}

/** Removes a partial with its work folder, unless somebody else's file stands there, and what a removal that was interrupted left. Idempotent. */
export async function removeOwnPartial(disk: Disk, partialPath: string, uid: string): Promise<void> {
  await removeWorkFolder(disk, partialPath, uid);
  const leaving = temporaryFor(partialPath);
  // What stands under its name came after ours had left it: the sidecar is not for that.
  if (await onDisk(leaving, () => disk.facts(leaving))) await removeSidecar(disk, partialPath, uid);
  await onDisk(leaving, () => disk.remove(leaving));
  if (await isOwnPartial(disk, partialPath, uid)) await removePartial(disk, partialPath);
  else await removeSidecar(disk, partialPath, uid);
}

/** The paths of all sidecars in a folder whose partial is there, too: one alone is a rest of what was removed. */
export async function sidecarsIn(disk: Disk, directory: string): Promise<string[]> {
  const names = new Set(await disk.list(directory));
  const partials = [...names].filter((name) => name.endsWith(partialEnding)).map((name) => join(directory, name));
  return partials.map(sidecarOf).filter((path) => names.has(basename(path)));
}

async function removeWorkFolder(disk: Disk, partialPath: string, uid: string): Promise<void> {
  const folder = workFolderFor(partialPath);
  if (!(await onDisk(folder, () => disk.facts(folder)))?.isDirectory) return;
  const owner = await ownerOf(disk, partialPath);
  if (owner === undefined || owner === uid) await onDisk(folder, () => disk.removeTree(folder));
}

async function removeSidecar(disk: Disk, partialPath: string, uid: string): Promise<void> {
  if ((await ownerOf(disk, partialPath)) === uid) await onDisk(partialPath, () => disk.remove(sidecarOf(partialPath)));
}

async function renameIfThere(disk: Disk, from: string, to: string): Promise<void> {
  try {
    await disk.rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function createdExclusively(disk: Disk, path: string, mode: number | undefined): Promise<boolean> {
  try {
    await createIn(disk, path, mode).close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await disk.facts(path)) !== undefined) return false;
    throw error;
  }
}

async function ownerOf(disk: Disk, partialPath: string): Promise<string | undefined> {
  return sidecarUid(await onDisk(partialPath, () => disk.readText(sidecarOf(partialPath))));
}
