import { createHash, type Hash } from 'node:crypto';
import { Failure } from '../downloads/failure.ts';
import type { Disk, OpenFile } from './disk.ts';

const chunkBytes = 1 << 20;

/** Hears how many bytes were read since it was told last. */
export type OnBytes = (bytes: number) => void;

/**
 * Copies `from` to the new file `to`, syncs it, reads it once more and compares. Throws the platform's error, the
 * signal's reason, or `Failure('disk')` when the copy differs; then there is no file `to`.
 */
export async function copyFile(
  disk: Disk,
  { from, to, mode }: { readonly from: string; readonly to: string; readonly mode: number },
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  await disk.remove(to);
  try {
    const written = await copyBytes(disk, from, to, mode, onBytes, signal);
    if ((await digestOf(disk, to, 'sha256', () => {}, signal)) === written) return;
    throw new Failure('disk', `the copy of ${from} differs from it; check the disk of ${to}`, {
      retry: { when: 'now' },
    });
  } catch (error) {
    await disk.remove(to).catch(() => {});
    throw error;
  }
}

/** The digest of a file, in hexadecimal digits. Throws the platform's error or the signal's reason. */
export async function digestOf(
  disk: Disk,
  path: string,
  algorithm: string,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  const file = disk.open(path);
  try {
    await eachChunk(file, hash, onBytes, signal, async () => {});
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function copyBytes(
  disk: Disk,
  from: string,
  to: string,
  mode: number,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  const source = disk.open(from);
  try {
    const target = disk.create(to, mode);
    try {
      await eachChunk(source, hash, onBytes, signal, (chunk, position) =>
        target.writeAside(chunk, 0, chunk.length, position),
      );
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return hash.digest('hex');
}

async function eachChunk(
  file: OpenFile,
  hash: Hash,
  onBytes: OnBytes,
  signal: AbortSignal,
  take: (chunk: Uint8Array, position: number) => Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const length = await file.read(buffer, 0, buffer.length, position);
    if (length === 0) return;
    const chunk = buffer.subarray(0, length);
    hash.update(chunk);
    await take(chunk, position);
    position += length;
    onBytes(length);
  }
}
