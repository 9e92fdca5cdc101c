import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { Failure } from '../../downloads/failure.ts';
import type { FinishedFile } from '../source.ts';
import { FileMac } from './cipher.ts';

/**
 * Reads the whole file from the disk and compares it with the MAC that is part of its key: bytes of an earlier
 * run, or of several connections, are as sure as any then. Throws `Failure('checksum')`.
 */
export async function proveMac(
  disk: Disk,
  { path, key }: { readonly path: string; readonly key: Uint8Array },
  file: FinishedFile,
  signal: AbortSignal,
): Promise<FinishedFile> {
  if (file.size === 0) return { ...file, integrity: 'checksum' };
  const mac = new FileMac(key);
  await onDisk(path, async () => {
    const open = disk.open(path);
    try {
      const buffer = Buffer.allocUnsafe(1 << 20);
      for (let at = 0; at < file.size; ) {
        signal.throwIfAborted();
        const length = Math.min(mac.chunk, file.size - at);
        const got = await open.read(buffer, 0, length, at);
        if (got < length) throw new Failure('disk', `${path} became shorter while it was read; check the disk`);
        mac.update(buffer.subarray(0, length));
        at += length;
      }
    } finally {
      await open.close();
    }
  });
  if (!mac.matches()) {
    throw new Failure('checksum', 'the bytes are not those that were uploaded to MEGA: its MAC does not match');
  }
  return { ...file, integrity: 'checksum' };
}
