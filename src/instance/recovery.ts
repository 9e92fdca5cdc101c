import { constants, open } from 'node:fs/promises';
import { sidecarsIn } from '../disk/partial.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { Sidecar } from '../downloads/sidecar.ts';

/**
 * What the partials in these folders say of their downloads; a folder or a file that cannot be read is left out, and
 * so is what anybody but `user` (a uid; undefined: there are none here) can have written.
 */
export async function sidecarsOf(directories: readonly string[], user = process.getuid?.()): Promise<Sidecar[]> {
  const found: Sidecar[] = [];
  for (const directory of directories) {
    for (const { sidecar } of await sidecarFilesIn(directory, user)) found.push(sidecar);
  }
  return found;
}

/** The same of one folder, each with its own path. */
export async function sidecarFilesIn(
  directory: string,
  user = process.getuid?.(),
): Promise<{ readonly path: string; readonly sidecar: Sidecar }[]> {
  const found: { readonly path: string; readonly sidecar: Sidecar }[] = [];
  const paths = await sidecarsIn(realDisk, directory).catch(() => []);
  if (paths.length === 0) return found;
  // What reads them takes longer to load than most starts need.
  const { longestSidecar, readSidecar } = await import('../downloads/read-sidecar.ts');
  for (const path of paths) {
    const text = await textOf(path, longestSidecar, user).catch(() => undefined);
    const sidecar = text === undefined ? undefined : readSidecar(text);
    if (sidecar) found.push({ path, sidecar });
  }
  return found;
}

/**
 * The text of a file that only this user can have written; undefined for any other. A sidecar says what to fetch
 * and where to put it, and its folder may be everybody's. It is opened without following a link and without
 * waiting for a writer, who may never come to a named pipe. `longest` in bytes.
 */
async function textOf(path: string, longest: number, user: number | undefined): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const facts = await file.stat();
    const isOurs = user === undefined || (facts.uid === user && (facts.mode & 0o022) === 0);
    return facts.isFile() && isOurs && facts.size <= longest ? await file.readFile('utf8') : undefined;
  } finally {
    await file.close();
  }
}
