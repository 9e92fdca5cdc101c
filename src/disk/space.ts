import { Failure } from '../downloads/failure.ts';
import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';

/** `auto`: the smaller of 500 MB and 5 % of the volume. Otherwise bytes. */
export type Headroom = 'auto' | number;

const mostHeadroom = 500_000_000;
const headroomShare = 0.05;

/** Bytes to leave free on a volume of `total` bytes. */
export function headroomOf(headroom: Headroom, total: number): number {
  return headroom === 'auto' ? Math.min(mostHeadroom, Math.floor(total * headroomShare)) : headroom;
}

/**
 * Throws `Failure('no_space')` when `bytes` more would eat into the headroom of the volume that
 * holds `directory` (which must exist).
 */
export async function ensureSpace(disk: Disk, directory: string, bytes: number, headroom: Headroom): Promise<void> {
  const { free, total } = await onDisk(directory, () => disk.space(directory));
  // A file system that counts nothing (total 0) says nothing about space either.
  if (total === 0) return;
  const keep = headroomOf(headroom, total);
  if (free - keep >= bytes) return;
  throw new Failure(
    'no_space',
    `${directory} has ${megabytes(free)} free, this needs ${megabytes(bytes)} and ${megabytes(keep)} shall stay free; ` +
      'it goes on by itself when there is space',
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
