/**
 * How the pieces of a stream lie in its partial until they are put together: one after the other in the order of
 * their time, each behind a head that tells which it is. So the partial itself tells where to go on, and every prefix
 * of it is good.
 */
export interface RecordHead {
  /** Position of the track. */
  readonly track: number;
  /** Position of the piece in its track; the beginning (fMP4) has one of its own. */
  readonly piece: number;
  /** Bytes of the piece. */
  readonly length: number;
}

/** Bytes of a head. */
export const headBytes = 16;
const magic = 0x4c48534d;

/** Pure. */
export function writeHead({ track, piece, length }: RecordHead): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(magic, 0);
  head.writeUInt32BE(track, 4);
  head.writeUInt32BE(piece, 8);
  head.writeUInt32BE(length, 12);
  return head;
}

/** Undefined for what is none. Pure. */
export function readHead(bytes: Uint8Array): RecordHead | undefined {
  if (bytes.length < headBytes) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.readUInt32BE(0) !== magic) return undefined;
  return { track: view.readUInt32BE(4), piece: view.readUInt32BE(8), length: view.readUInt32BE(12) };
}
