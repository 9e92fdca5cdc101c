import { createHash } from 'node:crypto';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import type { Pieces } from '../downloads/download.ts';
import { algorithmOf } from './checksum.ts';

/**
 * The numbers (from 0) of the pieces of a file that differ from their digests; a piece that is not there
 * differs. Ends with the signal's reason when aborted. Throws `Failure`.
 */
export async function wrongPieces(disk: Disk, path: string, pieces: Pieces, signal: AbortSignal): Promise<number[]> {
  const { hash: name } = algorithmOf(pieces.algorithm);
  return onDisk(path, async () => {
    const buffer = Buffer.allocUnsafe(1 << 20);
    const wrong: number[] = [];
    const file = disk.open(path);
    try {
      for (const [n, wanted] of pieces.hashes.entries()) {
        const hash = createHash(name);
        for (let left = pieces.length; left > 0; ) {
          signal.throwIfAborted();
          const at = (n + 1) * pieces.length - left;
          const got = await file.read(buffer, 0, Math.min(buffer.length, left), at);
          if (got === 0) break;
          hash.update(buffer.subarray(0, got));
          left -= got;
        }
        if (hash.digest('hex') !== wanted) wrong.push(n);
      }
      const end = pieces.length * pieces.hashes.length;
      if ((await file.size()) > end) wrong.push(pieces.hashes.length);
      return wrong;
    } finally {
      await file.close();
    }
  });
}
