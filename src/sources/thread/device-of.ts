import { dirname } from 'node:path';
import type { Disk } from '../../disk/disk.ts';

/** The device of a folder, or of what it will be made in. */
export async function deviceOf(disk: Disk, directory: string): Promise<string> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const facts = await disk.facts(folder).catch(() => undefined);
    if (facts) return String(facts.device);
    if (folder === dirname(folder)) return 'unknown';
  }
}
