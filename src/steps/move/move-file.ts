import { dirname } from 'node:path';
import { copyFile, digestOf, type OnBytes } from '../../disk/copy-file.ts';
import type { Disk, FileFacts } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { giveName } from '../../disk/publish.ts';
import { type Headroom, spaceOn } from '../../disk/space.ts';
import { temporaryFor } from '../../disk/temporary.ts';
import { Failure } from '../../downloads/failure.ts';

export interface Move {
  readonly from: string;
  readonly to: string;
  /** Bytes. */
  readonly size: number;
  /** Of a copy. */
  readonly mode: number;
  /** Tells this copy from one of another download with the same goal. */
  readonly uid: string;
  /** This move was begun before, when nothing stood at `to`. */
  readonly begun: boolean;
}

export interface MoveParts {
  readonly disk: Disk;
  readonly headroom: Headroom;
  readonly onBytes: OnBytes;
  readonly signal: AbortSignal;
}

/**
 * Gives a file another place, on whatever disk, never in the place of another file. May be called again after a crash
 * anywhere in it: the file stands whole under the old name until the new one is durable. On another disk it is copied,
 * synced and compared first. `taken`: something else stands there, and nothing was changed. Throws `Failure`, or the
 * signal's reason.
 */
export async function moveFile(move: Move, parts: MoveParts): Promise<'moved' | 'taken'> {
  const { disk } = parts;
  const { from, to } = move;
  if (from === to) return 'moved';
  return onDisk(to, async () => {
    const [source, target] = [await disk.facts(from), await disk.facts(to)];
    if (!source?.isFile) return afterwards(move, parts, target);
    if (!target) return carry(move, parts);
    if (!(await isOurs(move, parts, source, target))) return 'taken';
    return settle(move, parts);
  });
}

/** The old name is gone: the move was done but for what it leaves behind, or somebody took the file away. */
async function afterwards(move: Move, parts: MoveParts, target: FileFacts | undefined): Promise<'moved'> {
  if (target?.isFile && target.size === move.size) return settle(move, parts);
  throw new Failure('disk', `${move.from} is gone; longhaul retry starts it over`);
}

/** What stands at the goal was put there by this move, which then came to an end. */
async function isOurs(move: Move, { disk, signal }: MoveParts, source: FileFacts, target: FileFacts): Promise<boolean> {
  if (isSame(source, target) || isSame(await disk.facts(asideOf(move)), target)) return true;
  // Without hard links nothing else is left to tell by; equal bytes lose nothing whoever put them there.
  if (!move.begun || !target.isFile || target.size !== source.size) return false;
  const digest = (path: string) => digestOf(disk, path, 'sha256', () => {}, signal);
  return (await digest(move.from)) === (await digest(move.to));
}

async function carry(move: Move, parts: MoveParts): Promise<'moved' | 'taken'> {
  const { disk } = parts;
  await disk.makeDirectory(dirname(move.to));
  try {
    if (!(await giveName(disk, move.from, move.to))) return 'taken';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    if (!(await carryAcross(move, parts))) return 'taken';
  }
  return settle(move, parts);
}

async function carryAcross(move: Move, parts: MoveParts): Promise<boolean> {
  const { disk, headroom, onBytes, signal } = parts;
  const space = await spaceOn(disk, dirname(move.to), headroom);
  if (space.free - space.headroom < move.size) {
    throw new Failure('no_space', `no room for ${move.to}; it goes on by itself when there is space`);
  }
  const aside = asideOf(move);
  await copyFile(disk, { from: move.from, to: aside, mode: move.mode }, onBytes, signal);
  if (await giveName(disk, aside, move.to)) return true;
  await disk.remove(aside);
  return false;
}

/** The new name first, then the old one, then the one in between: what is still there says how far it came. */
async function settle(move: Move, { disk }: MoveParts): Promise<'moved'> {
  await disk.syncDirectory(dirname(move.to));
  await disk.remove(move.from);
  // Its folder may have been removed with it.
  if (await disk.facts(dirname(move.from))) await disk.syncDirectory(dirname(move.from));
  await disk.remove(asideOf(move));
  return 'moved';
}

/** Beside the goal; the same after a crash. */
function asideOf({ to, uid }: Move): string {
  return temporaryFor(`${to} ${uid}`);
}

function isSame(one: FileFacts | undefined, other: FileFacts): boolean {
  return one?.isFile === true && one.inode === other.inode && one.device === other.device;
}
