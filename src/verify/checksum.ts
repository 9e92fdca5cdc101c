import { digestOf as digestOfFile } from '../disk/copy-file.ts';
import type { Disk } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { type Algorithm, digestAlgorithm, digestAlgorithms } from '../downloads/digest-algorithms.ts';
import { Failure } from '../downloads/failure.ts';

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Lower-case hex. */
  readonly hex: string;
}

/** Reads `sha-256=HEX` (also `sha256=`, `sha256:`). Throws `Failure('link')` with what is allowed. */
export function parseChecksum(text: string): Checksum {
  const match = /^\s*([a-z]+-?\d+)\s*[=:]\s*([0-9a-f]+)\s*$/i.exec(text);
  const name = match?.[1]?.toLowerCase().replace(/^sha-?/, 'sha-');
  const algorithm = (Object.keys(digestAlgorithms) as Algorithm[]).find((known) => known === name);
  const hex = match?.[2]?.toLowerCase();
  if (!algorithm || !hex) {
    throw new Failure(
      'link',
      `"${text}" is not a checksum; write it as ALGORITHM=HEX with one of ${Object.keys(digestAlgorithms).join(', ')}`,
    );
  }
  const digits = digestAlgorithms[algorithm].bytes * 2;
  if (hex.length !== digits) {
    throw new Failure('link', `a ${algorithm} checksum has ${digits} hex digits, this one has ${hex.length}`);
  }
  return { algorithm, hex };
}

/** What node:crypto calls an algorithm, and its digest's bytes. Throws `Failure('link')` for an unknown one. */
export function algorithmOf(name: string): { readonly hash: string; readonly bytes: number } {
  const known = digestAlgorithm(name);
  if (!known) throw new Failure('link', `${JSON.stringify(name)} is no known kind of checksum`);
  return known;
}

export function formatChecksum(checksum: Checksum): string {
  return `${checksum.algorithm}=${checksum.hex}`;
}

/** The digest of a whole file, read from the disk; ends with the signal's reason when aborted. */
export async function digestOf(disk: Disk, path: string, algorithm: Algorithm, signal: AbortSignal): Promise<Checksum> {
  const { hash } = digestAlgorithms[algorithm];
  return { algorithm, hex: await onDisk(path, () => digestOfFile(disk, path, hash, () => {}, signal)) };
}
