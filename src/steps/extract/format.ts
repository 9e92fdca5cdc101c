import type { Disk } from '../../disk/disk.ts';

/** What a file is, by its first bytes. */
export type Format = 'zip' | '7z' | 'rar' | 'tar' | 'gz' | 'bz2' | 'xz' | 'zst';

const signatures: readonly (readonly [Format, number, string])[] = [
  ['zip', 0, '504b0304'],
  ['zip', 0, '504b0506'],
  ['zip', 0, '504b0708'],
  ['7z', 0, '377abcaf271c'],
  ['rar', 0, '526172211a07'],
  ['gz', 0, '1f8b'],
  ['bz2', 0, '425a68'],
  ['xz', 0, 'fd377a585a00'],
  ['zst', 0, '28b52ffd'],
  ['tar', 257, Buffer.from('ustar').toString('hex')],
];

/** Bytes that are needed to tell. */
const headBytes = 512;

/** Pure. Undefined: none of those. */
export function formatOf(head: Uint8Array): Format | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const found = signatures.find(([, at, hex]) => bytes.subarray(at, at + hex.length / 2).toString('hex') === hex);
  return found?.[0];
}

/** The format of a file. Throws the platform's error. */
export async function sniff(disk: Disk, path: string): Promise<Format | undefined> {
  const file = disk.open(path);
  try {
    const head = Buffer.alloc(headBytes);
    return formatOf(head.subarray(0, await file.read(head, 0, headBytes, 0)));
  } finally {
    await file.close();
  }
}
