import { join } from 'node:path';

const prefix = '.longhaul-';

/** The private folder of a step, on the volume of what is delivered; the same after a crash. `position`: of the step. */
export function workFolder(download: { readonly directory: string; readonly uid: string }, position: number): string {
  return join(download.directory, `${prefix}${download.uid}-${position}`);
}
