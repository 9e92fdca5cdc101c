import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { Source } from '../../src/sources/source.ts';
import { systemClock } from '../../src/time/clock.ts';
import { createDeadline, momentOn } from '../../src/time/deadline.ts';

/** Fetches the one file of a link into a new partial, under a lease that ends so many ms from now, and tells its bytes. */
export async function fetchWhole(source: Source, link: string, lease = 60_000): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-whole-'));
  const path = join(folder, 'file.part');
  try {
    await realDisk.create(path).close();
    const deadline = createDeadline(momentOn(systemClock), lease);
    const manifest = await source.resolve({ link, options: {}, directory: folder }, new AbortController().signal);
    const target = { position: 0, path, size: manifest.totalBytes, durable: [] };
    const transfer = source.fetch({ manifest, targets: [target], options: {}, deadline });
    try {
      await transfer.done;
    } finally {
      await transfer.close();
    }
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
