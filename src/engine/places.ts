import { dirname, join } from 'node:path';
import { safeName, safePath } from '../disk/safe-name.ts';
import type { Download, DownloadFile } from '../downloads/download.ts';

/** The safe file name a file of this download shall have; the person's own choice goes first. */
export function wantedName(download: Download, file: Pick<DownloadFile, 'path' | 'main'>): string {
  const chosen = file.main ? download.options.name : undefined;
  return safeName(chosen ?? safePath(file.path).at(-1) ?? '');
}

/** The folder it is delivered to. */
export function wantedFolder(download: Download, file: Pick<DownloadFile, 'path'>): string {
  return join(download.directory, ...safePath(file.path).slice(0, -1));
}

/** The delivered file, or the folder of several. */
export function deliveredPath(
  download: Pick<Download, 'directory'>,
  files: readonly Pick<DownloadFile, 'finalPath' | 'herePath'>[],
): string {
  const [first, ...others] = files.map((file) => placeOf(file) ?? download.directory);
  if (first === undefined) return download.directory;
  return others.length === 0 ? first : others.reduce(commonFolder, dirname(first));
}

function commonFolder(folder: string, path: string): string {
  let common = folder;
  while (path !== common && !path.startsWith(join(common, '/'))) common = dirname(common);
  return common;
}

/** Where a file stands; undefined: it is not published, or given up. */
export function placeOf({ finalPath, herePath }: Pick<DownloadFile, 'finalPath' | 'herePath'>): string | undefined {
  return herePath ?? finalPath ?? undefined;
}
