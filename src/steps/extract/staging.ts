import { join, relative, sep } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { numberedName } from '../../disk/safe-name.ts';
import type { UnpackedFile } from './unpack.ts';

/** Where the content of one archive goes. */
export interface Settling {
  readonly staging: string;
  readonly work: string;
  /** The name of the archive without its endings. */
  readonly stem: string;
  /** Names in `work` that other archives of this run were given; the new one is added. */
  readonly taken: Set<string>;
}

/**
 * Gives what was extracted into `staging` its name in `work`: a single file its own, one folder that holds everything
 * likewise, and otherwise a folder `stem`. Returns the files where they are then.
 */
export async function settle(
  disk: Disk,
  { staging, work, stem, taken }: Settling,
  files: readonly UnpackedFile[],
): Promise<readonly UnpackedFile[]> {
  if (files.length === 0) return [];
  const tops = new Set(files.map(({ path }) => relative(staging, path).split(sep)[0] ?? ''));
  const [only = stem] = tops;
  const from = tops.size === 1 ? join(staging, only) : staging;
  const name = freeName(tops.size === 1 ? only : stem, taken);
  const to = join(work, name);
  await disk.rename(from, to);
  return files.map((file) => ({ ...file, path: to + file.path.slice(from.length) }));
}

/** Names in `work` that what was settled before has taken. Pure. */
export function namesOf(work: string, files: readonly UnpackedFile[]): Set<string> {
  return new Set(files.map(({ path }) => (relative(work, path).split(sep)[0] ?? '').toLowerCase()));
}

function freeName(wanted: string, taken: Set<string>): string {
  for (let n = 1; ; n += 1) {
    const name = numberedName(wanted, n);
    if (taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    return name;
  }
}
