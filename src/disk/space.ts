import type { Disk } from './disk.ts';
import { onDisk } from './disk-failure.ts';

/** `auto`: the smaller of 500 MB and 5 % of the volume. Otherwise bytes. */
export type Headroom = 'auto' | number;

/** Of one volume, bytes. */
export interface Space {
  readonly free: number;
  /** What shall stay free. */
  readonly headroom: number;
}

const mostHeadroom = 500_000_000;
const headroomShare = 0.05;

/** Bytes to leave free on a volume of `total` bytes. */
export function headroomOf(headroom: Headroom, total: number): number {
  return headroom === 'auto' ? Math.min(mostHeadroom, Math.floor(total * headroomShare)) : headroom;
}

/** The space on the volume that holds `directory`, which must exist. Throws `Failure`. */
export async function spaceOn(disk: Disk, directory: string, headroom: Headroom): Promise<Space> {
  const { free, total } = await onDisk(directory, () => disk.space(directory));
  // A file system that counts nothing (total 0) says nothing about space either.
  if (total === 0) return { free: Number.POSITIVE_INFINITY, headroom: 0 };
  return { free, headroom: headroomOf(headroom, total) };
}
