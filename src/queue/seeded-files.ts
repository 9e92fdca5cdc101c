import { dirname } from 'node:path';
import { lookAtDelivered } from '../disk/delivered.ts';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import type { DownloadFile } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { SeedRequest } from '../sources/source.ts';

/** What the source delivered of these files, under the names that they have now. */
export function seedableFiles(files: readonly DownloadFile[]): SeedRequest['files'] {
  return files.flatMap(({ position, finalPath, size, step, selected }) =>
    step === null && selected && finalPath !== null && size !== null ? [{ position, path: finalPath, size }] : [],
  );
}

/**
 * Why these files cannot be sent, in one sentence. `unreachable`: nobody can say (their disk is not mounted, or on
 * another machine). Undefined: they stand as they were delivered.
 */
export async function standingOf(
  { disk, seesAll }: { readonly disk: Disk; readonly seesAll: boolean },
  files: readonly DownloadFile[],
): Promise<string | 'unreachable' | undefined> {
  const own = files.filter(({ step, selected, herePath }) => step === null && selected && herePath === null);
  if (own.length === 0 || own.some(({ finalPath }) => finalPath === null)) {
    return 'its files were not kept as they were delivered';
  }
  try {
    for (const file of own) {
      const path = file.finalPath ?? '';
      const verdict = await lookAtDelivered(disk, path, file);
      if (verdict === 'changed') return `${path} was changed or replaced since it was delivered`;
      if (verdict === 'gone' && !(seesAll && (await isPlaceThere(disk, path, file)))) return 'unreachable';
      if (verdict === 'gone') return `${path} was moved or deleted`;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return 'unreachable';
  }
}

/** False: its folder is gone, or is on another device than the file was: most likely a disk that is not mounted. */
async function isPlaceThere(disk: Disk, path: string, { identity }: DownloadFile): Promise<boolean> {
  const facts = await onDisk(path, () => disk.facts(dirname(path)));
  return facts !== undefined && (identity ?? '').startsWith(`${facts.device}:`);
}
