import { join } from 'node:path';

const prefix = '.longhaul-';

/** The private folder of a step, on the volume of what is delivered; the same after a crash. `position`: of the step. */
export function workFolder(download: { readonly directory: string; readonly uid: string }, position: number): string {
  return join(download.directory, `${prefix}${download.uid}-${position}`);
}

/** Whose work folder has this name; undefined: it is none. */
export function uidOfWorkFolder(name: string): string | undefined {
  return /^\.longhaul-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d{1,4}$/.exec(name)?.[1];
}
