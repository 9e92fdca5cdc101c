import { normalRanges, type Range } from '../../downloads/ranges.ts';

/** A file as it lies in the one long row of bytes that a torrent is. */
export interface LaidFile {
  /** First byte of it in the torrent. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** How a torrent's bytes are cut into pieces. */
export interface Cut {
  readonly pieceLength: number;
  /** Bytes of the torrent. */
  readonly length: number;
}

function pieceCount({ pieceLength, length }: Cut): number {
  return Math.ceil(length / pieceLength);
}

/** First byte of a piece, and its length. */
export function placeOf({ pieceLength, length }: Cut, piece: number): { from: number; bytes: number } {
  const from = piece * pieceLength;
  return { from, bytes: Math.min(pieceLength, length - from) };
}

/** What of a piece somebody asks for, all of it when nothing is said; undefined: it has no such bytes. Pure. */
export function askedOf(
  cut: Cut,
  piece: number,
  asked: { readonly offset?: number; readonly length?: number } | null,
): { offset: number; length: number } | undefined {
  if (piece < 0 || piece >= pieceCount(cut)) return undefined;
  const { bytes } = placeOf(cut, piece);
  const offset = asked?.offset ?? 0;
  const length = asked?.length ?? bytes - offset;
  return offset >= 0 && length >= 0 && offset + length <= bytes ? { offset, length } : undefined;
}

/** The pieces that hold bytes of a file, both ends included; undefined for an empty file. */
export function piecesOf({ pieceLength }: Cut, file: LaidFile): readonly [first: number, last: number] | undefined {
  if (file.size === 0) return undefined;
  return [Math.floor(file.offset / pieceLength), Math.floor((file.offset + file.size - 1) / pieceLength)];
}

/** Which files the bytes `[from, from + bytes)` of the torrent lie in, in order. `files` are in the torrent's order. */
export function spansOf<File extends LaidFile>(
  files: readonly File[],
  from: number,
  bytes: number,
): { file: File; inFile: number; inRange: number; bytes: number }[] {
  const spans = [];
  for (let at = firstFrom(files, from); at < files.length; at += 1) {
    const file = files[at];
    if (!file || file.offset >= from + bytes) break;
    const begin = Math.max(from, file.offset);
    const end = Math.min(from + bytes, file.offset + file.size);
    if (end > begin) spans.push({ file, inFile: begin - file.offset, inRange: begin - from, bytes: end - begin });
  }
  return spans;
}

/** The first file that ends behind `from`; files may be many. */
function firstFrom(files: readonly LaidFile[], from: number): number {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const file = files[middle];
    if (file && file.offset + file.size <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bits in the order of the protocol (BEP 3): the highest bit of the first byte is piece 0. */
export class Pieces {
  readonly bits: Uint8Array;
  readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.bits = new Uint8Array(Math.ceil(count / 8));
  }

  has(piece: number): boolean {
    return ((this.bits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0;
  }

  set(piece: number, to: boolean): void {
    const bit = 0x80 >> (piece & 7);
    const byte = this.bits[piece >> 3] ?? 0;
    this.bits[piece >> 3] = to ? byte | bit : byte & ~bit;
  }

  clone(): Pieces {
    const copy = new Pieces(this.count);
    copy.bits.set(this.bits);
    return copy;
  }
}

/** The bytes of a file that lie in pieces that are there. */
export function rangesOf(cut: Cut, file: LaidFile, pieces: Pieces): Range[] {
  const ends = piecesOf(cut, file);
  if (!ends) return [];
  const ranges: Range[] = [];
  for (let piece = ends[0]; piece <= ends[1]; piece += 1) {
    if (!pieces.has(piece)) continue;
    let last = piece;
    while (last < ends[1] && pieces.has(last + 1)) last += 1;
    const from = Math.max(0, piece * cut.pieceLength - file.offset);
    ranges.push([from, Math.min(file.size, (last + 1) * cut.pieceLength - file.offset)]);
    piece = last;
  }
  return ranges;
}

/** The pieces all of whose bytes in these files are durable, and which have bytes in one of them at all. */
export function piecesIn(
  cut: Cut,
  files: readonly { readonly file: LaidFile; readonly durable: readonly Range[] }[],
): Pieces {
  const pieces = new Pieces(pieceCount(cut));
  const touched = new Pieces(pieces.count);
  const broken = new Pieces(pieces.count);
  for (const { file, durable } of files) {
    const ends = piecesOf(cut, file);
    if (!ends) continue;
    const ranges = normalRanges(durable);
    let at = 0;
    for (let piece = ends[0]; piece <= ends[1]; piece += 1) {
      touched.set(piece, true);
      const from = Math.max(0, piece * cut.pieceLength - file.offset);
      const to = Math.min(file.size, (piece + 1) * cut.pieceLength - file.offset);
      while (at < ranges.length && (ranges[at]?.[1] ?? 0) <= from) at += 1;
      const range = ranges[at];
      if (!range || range[0] > from || range[1] < to) broken.set(piece, true);
    }
  }
  for (let piece = 0; piece < pieces.count; piece += 1) {
    if (touched.has(piece) && !broken.has(piece)) pieces.set(piece, true);
  }
  return pieces;
}
