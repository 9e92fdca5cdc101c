import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import type { FoundFile } from '../source.ts';

/** Regular files below a folder, by their paths from it with `/`; sizes in bytes. */
export type Listing = ReadonlyMap<string, number>;

/** What MEGAcmd calls a file while it is incomplete. */
const unfinished = /(?:^|\/)\.getxfer\.[^/]*\.mega$/;
const deepest = 100;

/** Everything in a folder and below it; links to elsewhere are left out. A folder that is not there is empty. */
export async function listingOf(disk: Disk, folder: string): Promise<Listing> {
  const files = new Map<string, number>();
  await look('', 0);
  return files;

  async function look(below: string, depth: number): Promise<void> {
    const names = depth > deepest ? [] : await disk.list(join(folder, below)).catch(missingIsEmpty);
    for (const name of names) {
      const path = below === '' ? name : `${below}/${name}`;
      const facts = await disk.facts(join(folder, path));
      if (facts?.isDirectory) await look(path, depth + 1);
      else if (facts?.isFile) files.set(path, facts.size);
    }
  }
}

/** Bytes of all of them. Pure. */
export function bytesOf(listing: Listing): number {
  return [...listing.values()].reduce((sum, size) => sum + size, 0);
}

/**
 * What a run of mega-get brought: the files that are there after it and were not before, or have another size; where
 * there is nothing new, all that is there, since it leaves a file alone that is the same already. Times play no part: it
 * sets them to what it likes. The largest is the main one. Pure.
 */
export function appeared(before: Listing, after: Listing, folder: string): readonly FoundFile[] {
  const whole = [...after].filter(([path]) => !unfinished.test(path));
  const fresh = whole.filter(([path, size]) => before.get(path) !== size);
  const files = (fresh.length > 0 ? fresh : whole).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const largest = files.reduce((best, [, size], at) => (size > (files[best]?.[1] ?? 0) ? at : best), 0);
  return files.map(([path, size], at) => ({ path, size, main: at === largest, at: join(folder, path) }));
}

function missingIsEmpty(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
