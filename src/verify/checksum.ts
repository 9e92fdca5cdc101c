import { createHash } from 'node:crypto';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { Failure } from '../downloads/failure.ts';

/** Names of RFC 9530 and the older ones people use, to what node:crypto calls them and the digest's bytes. */
const algorithms = {
  'sha-256': { hash: 'sha256', bytes: 32 },
  'sha-512': { hash: 'sha512', bytes: 64 },
  'sha-384': { hash: 'sha384', bytes: 48 },
  'sha-224': { hash: 'sha224', bytes: 28 },
  'sha-1': { hash: 'sha1', bytes: 20 },
  md5: { hash: 'md5', bytes: 16 },
} as const;

export type Algorithm = keyof typeof algorithms;

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Lower-case hex. */
  readonly hex: string;
}

/** Reads `sha-256=HEX` (also `sha256=`, `sha256:`). Throws `Failure('link')` with what is allowed. */
export function parseChecksum(text: string): Checksum {
  const match = /^\s*([a-z]+-?\d+)\s*[=:]\s*([0-9a-f]+)\s*$/i.exec(text);
  const name = match?.[1]?.toLowerCase().replace(/^sha-?/, 'sha-');
  const algorithm = (Object.keys(algorithms) as Algorithm[]).find((known) => known === name);
  const hex = match?.[2]?.toLowerCase();
  if (!algorithm || !hex) {
    throw new Failure(
      'link',
      `"${text}" is not a checksum; write it as ALGORITHM=HEX with one of ${Object.keys(algorithms).join(', ')}`,
    );
  }
  const digits = algorithms[algorithm].bytes * 2;
  if (hex.length !== digits) {
    throw new Failure('link', `a ${algorithm} checksum has ${digits} hex digits, this one has ${hex.length}`);
  }
  return { algorithm, hex };
}

/** What node:crypto calls an algorithm, and its digest's bytes. Throws `Failure('link')` for an unknown one. */
export function algorithmOf(name: string): { readonly hash: string; readonly bytes: number } {
  const known = Object.hasOwn(algorithms, name) ? algorithms[name as Algorithm] : undefined;
  if (!known) throw new Failure('link', `${JSON.stringify(name)} is no known kind of checksum`);
  return known;
}

export function formatChecksum(checksum: Checksum): string {
  return `${checksum.algorithm}=${checksum.hex}`;
}

/** The digest of a whole file, read from the disk; ends with the signal's reason when aborted. */
export async function digestOf(disk: Disk, path: string, algorithm: Algorithm, signal: AbortSignal): Promise<Checksum> {
  return onDisk(path, async () => {
    const hash = createHash(algorithms[algorithm].hash);
    const buffer = Buffer.allocUnsafe(1 << 20);
    const file = disk.open(path);
    try {
      for (let at = 0; ; ) {
        signal.throwIfAborted();
        const got = await file.read(buffer, 0, buffer.length, at);
        if (got === 0) return { algorithm, hex: hash.digest('hex') };
        hash.update(buffer.subarray(0, got));
        at += got;
      }
    } finally {
      await file.close();
    }
  });
}
