import type { DownloadFile } from '../downloads/download.ts';
import type { Disk, FileFacts } from './disk.ts';
import { onDisk } from './disk-failure.ts';

/** By what a file is known again, beside its path and size. */
export type FileMark = {
  /** Device and inode; text, because an inode may be larger than a number is exact. */
  readonly identity: string;
  /** Whole epoch ms. */
  readonly modifiedAt: number;
};

/** What was recorded of a delivered file. */
export type Delivered = Pick<DownloadFile, 'size' | 'identity' | 'modifiedAt'>;

/**
 * - `ours`: the very file that was delivered.
 * - `moved`: the same size and time of change under another inode, as a copy by rsync or a restored backup has; a
 *   digest decides, where one is known.
 * - `changed`: written to or replaced since, or never delivered by this program on this machine.
 * - `gone`: nothing has its name.
 */
export type Verdict = 'ours' | 'moved' | 'changed' | 'gone';

/** How coarsely file systems keep times, ms: exFAT, ext3 and many archives, FAT. */
const grains = [10, 1000, 2000] as const;

/**
 * Whether what has a delivered file's name now is what was delivered. Pure. Size and time of change must both be as
 * they were. The device's number alone proves nothing: it may be another one after each mount.
 */
export function verdictOnFile(recorded: Delivered, facts: FileFacts | undefined): Verdict {
  if (!facts) return 'gone';
  const { size, identity, modifiedAt } = recorded;
  if (!facts.isFile || size === null || identity === null || modifiedAt === null) return 'changed';
  if (facts.size !== size || !isSameTime(modifiedAt, facts.modifiedAt)) return 'changed';
  return inodeOf(fileIdentity(facts)) === inodeOf(identity) ? 'ours' : 'moved';
}

/**
 * A recorded time of change may still have been exact in memory and be rounded since (after a mount, in a copy). So
 * another time is the same only where it is a whole number of grains: one that a write just made is not. A copy may be off by the last ms: times travel as fractions of seconds.
 */
function isSameTime(recorded: number, now: number): boolean {
  if (Math.abs(Math.floor(now) - recorded) <= 1) return true;
  return grains.some((grain) => now % grain === 0 && Math.abs(now - recorded) < grain);
}

/** The same, of the file that has this path now. Throws `Failure`. */
export async function lookAtDelivered(disk: Disk, path: string, recorded: Delivered): Promise<Verdict> {
  return verdictOnFile(recorded, await onDisk(path, () => disk.facts(path)));
}

/** By what this file will be known again. Throws the platform's error when it is not there. */
export async function markOf(disk: Disk, path: string): Promise<FileMark> {
  const facts = await disk.facts(path);
  if (!facts) throw Object.assign(new Error(`${path} is gone`), { code: 'ENOENT' });
  return markFrom(facts);
}

/** The same, of a file whose facts are known. Pure. */
export function markFrom(facts: FileFacts): FileMark {
  return { identity: fileIdentity(facts), modifiedAt: Math.floor(facts.modifiedAt) };
}

function fileIdentity({ device, inode }: Pick<FileFacts, 'device' | 'inode'>): string {
  return `${device}:${inode}`;
}

const inodeOf = (identity: string) => identity.slice(identity.indexOf(':') + 1);
