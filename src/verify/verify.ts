import type { Disk, FileFacts } from '../disk/disk.ts';
import { onDisk } from '../disk/disk-failure.ts';
import type { Integrity, Pieces } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { Range } from '../downloads/ranges.ts';
import { digestOf, formatChecksum, parseChecksum } from './checksum.ts';
import { wrongPieces } from './pieces.ts';

export interface ToVerify {
  readonly path: string;
  /** Bytes that the source says it delivered. */
  readonly size: number;
  /** As it was found after its last byte; left out: it is looked at. */
  readonly facts?: FileFacts;
  /** How sure the source is. */
  readonly integrity: Integrity;
  /** A digest of the whole file, made on the way. */
  readonly digest?: string;
  /** What the person asked for. */
  readonly checksum?: string;
  /** Digests of its pieces; looked at where no checksum is asked for, and to find what is wrong where that differs. */
  readonly pieces?: Pieces;
  /** The digest that the other side tells; looked at where nobody else told one. */
  readonly told?: string;
  /** Bytes that it must have, as somebody else told. */
  readonly announced?: number;
}

export interface Verified {
  readonly size: number;
  readonly integrity: Integrity;
  readonly digest: string | null;
}

/** Some pieces of a file have other digests than they should; the rest of it is proved right. */
export class WrongPieces extends Failure {
  /** What is not proved: the bytes to fetch again. */
  readonly ranges: readonly Range[];

  /** `wrong`: numbers of pieces; one that should not be there leaves nothing proved. */
  constructor(wrong: readonly number[], { hashes, length }: Pieces, size: number) {
    super('checksum', `${wrong.length} of ${hashes.length} pieces differ from their digests`);
    const isTooLong = wrong.some((n) => n >= hashes.length);
    this.ranges = isTooLong ? [[0, size]] : wrong.map((n): Range => [n * length, Math.min(size, (n + 1) * length)]);
  }
}

/**
 * Holds a complete partial against what is known of it: its size, then its digest. Throws
 * `Failure('changed')` for a wrong size (somebody else wrote to it, or it is another file than was announced),
 * `Failure('checksum')` for wrong bytes, as `WrongPieces` where it is known which.
 */
export async function verifyFile(disk: Disk, file: ToVerify, signal: AbortSignal): Promise<Verified> {
  const facts = file.facts ?? (await onDisk(file.path, () => disk.facts(file.path)));
  if (!facts) throw new Failure('disk', `${file.path} is gone; longhaul retry starts it over`);
  if (facts.size !== file.size) {
    throw new Failure('changed', `the partial has ${facts.size} bytes where ${file.size} were delivered`);
  }
  if (file.announced !== undefined && file.announced !== file.size) {
    const said = `the file has ${file.size} bytes where ${file.announced} were announced`;
    throw new Failure('changed', said, { retry: { when: 'never' } });
  }
  if (file.checksum === undefined && file.pieces) {
    await provePieces(disk, file, file.pieces, signal);
    return { size: file.size, integrity: 'checksum', digest: file.digest ?? null };
  }
  const checksum = file.checksum ?? file.told;
  if (checksum === undefined) {
    return { size: file.size, integrity: file.integrity, digest: file.digest ?? null };
  }
  const wanted = parseChecksum(checksum);
  const known = file.digest === undefined ? undefined : parseChecksum(file.digest);
  const found =
    known?.algorithm === wanted.algorithm ? known : await digestOf(disk, file.path, wanted.algorithm, signal);
  if (found.hex !== wanted.hex) {
    if (file.pieces) await provePieces(disk, file, file.pieces, signal);
    throw new Failure('checksum', `the ${wanted.algorithm} is ${found.hex}, expected ${wanted.hex}`);
  }
  return { size: file.size, integrity: 'checksum', digest: formatChecksum(found) };
}

/** Throws `WrongPieces` unless all of them are right. */
async function provePieces(disk: Disk, file: ToVerify, pieces: Pieces, signal: AbortSignal): Promise<void> {
  const wrong = await wrongPieces(disk, file.path, pieces, signal);
  if (wrong.length > 0) throw new WrongPieces(wrong, pieces, file.size);
}
