import type { Disk } from '../../disk/disk.ts';
import { onDisk } from '../../disk/disk-failure.ts';
import { Failure } from '../../downloads/failure.ts';
import { printable } from '../../log/printable.ts';
import type { FinishedFile } from '../source.ts';
import { FileMac } from './cipher.ts';

export interface Proving {
  /** Absolute path of what is read. */
  readonly path: string;
  readonly key: Uint8Array;
  /** What the file is called where it is one of several. */
  readonly name: string | undefined;
}

/**
 * Reads the whole file from the disk and compares it with the MAC that is part of its key: bytes of an earlier
 * run, or of several connections, are as sure as any then. Throws `Failure('checksum')`, which tells its position.
 */
export async function proveMac(
  disk: Disk,
  { path, key, name }: Proving,
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
    const which = name === undefined ? 'the bytes' : `the bytes of ${printable(name)}`;
    const message = `${which} are not those that were uploaded to MEGA: its MAC does not match`;
    throw new Failure('checksum', message, { file: file.position });
  }
  return { ...file, integrity: 'checksum' };
}
