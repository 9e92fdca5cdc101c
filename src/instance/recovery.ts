import { sidecarsIn } from '../disk/partial.ts';
import { realDisk } from '../disk/real-disk.ts';
import { readSidecar } from '../downloads/read-sidecar.ts';
import type { Sidecar } from '../downloads/sidecar.ts';

/** What the partials in these folders say of their downloads; a folder or a file that cannot be read is left out. */
export async function sidecarsOf(directories: readonly string[]): Promise<Sidecar[]> {
  const found: Sidecar[] = [];
  for (const directory of directories) {
    const paths = await sidecarsIn(realDisk, directory).catch(() => []);
    for (const path of paths) {
      const text = await realDisk.readText(path).catch(() => undefined);
      const sidecar = text === undefined ? undefined : readSidecar(text);
      if (sidecar) found.push(sidecar);
    }
  }
  return found;
}
