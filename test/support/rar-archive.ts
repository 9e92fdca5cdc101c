import { crc32 } from 'node:zlib';

export interface RarEntry {
  readonly name: string;
  /** What of it lies in this volume. */
  readonly data?: Buffer;
  /** All of it; left out: `data`. */
  readonly whole?: Buffer;
  readonly isDirectory?: boolean;
  /** It goes on from the volume before, or in the next one. */
  readonly before?: boolean;
  readonly after?: boolean;
}

const signature = Buffer.from('526172211a070100', 'hex');

/**
 * A RAR 5 volume of stored files, as the technical note of its format (rarlab.com, technote.htm) describes it: Debian has
 * no free program that makes one. `volume` counts from 0; left out: the only one.
 */
export function rarArchive(
  entries: readonly RarEntry[],
  { volume, isLast = true }: { volume?: number; isLast?: boolean } = {},
): Buffer {
  const flags = volume === undefined ? 0 : volume === 0 ? 1 : 3;
  const main = [number(1), number(0), number(flags), ...(volume ? [number(volume)] : [])];
  return Buffer.concat([
    signature,
    block(Buffer.concat(main)),
    ...entries.map(fileBlock),
    block(Buffer.concat([number(5), number(0), number(isLast ? 0 : 1)])),
  ]);
}

function fileBlock({
  name,
  data = Buffer.alloc(0),
  whole = data,
  isDirectory = false,
  before,
  after,
}: RarEntry): Buffer {
  const flags = (isDirectory ? 0 : 2) | (before ? 8 : 0) | (after ? 16 : 0);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(after ? data : whole));
  const bytes = Buffer.from(name);
  const head = [
    ...[number(2), number(flags), ...(isDirectory ? [] : [number(data.length)])],
    ...[number(isDirectory ? 1 : 4), number(whole.length), number(isDirectory ? 0o40755 : 0o100644)],
    ...[...(isDirectory ? [] : [sum]), number(0), number(1), number(bytes.length), bytes],
  ];
  return block(Buffer.concat(head), isDirectory ? undefined : data);
}

function block(head: Uint8Array, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const sized = Buffer.concat([number(head.length), head]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(sized));
  return Buffer.concat([sum, sized, data]);
}

/** Seven bits a byte, the lowest first. */
function number(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const bits = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? bits | 128 : bits);
  } while (rest > 0);
  return Buffer.from(bytes);
}
