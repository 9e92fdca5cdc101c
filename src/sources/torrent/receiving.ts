import type { OpenPiece, Torrent, Wire } from 'webtorrent';

/** No message is longer than a block of 128 KiB, or the bits of a few hundred thousand pieces, bytes. */
const longest = 1 << 20;

/**
 * What the library does to each byte that comes, done with fewer copies. It puts what is left of a message and what has
 * just come into a new buffer, each time, and the blocks of a piece into another; the memory that this takes, and giving
 * it back, cost more than everything else.
 */
export function receiveLean(wire: Wire): void {
  if (wire.type === 'webSeed') return;
  let parts: Uint8Array[] = [];
  let waiting = 0;
  wire._write = (data, done) => {
    if (wire._parserSize > longest) return wire.destroy();
    const bytes = wire._encryptor?.decrypt(data) ?? data;
    // What the library has not yet read of what it was given before.
    if (waiting === 0 && wire._bufferSize > 0) {
      parts = [...wire._buffer];
      waiting = wire._bufferSize;
    }
    const needed = Math.max(0, wire._parserSize - waiting);
    if (waiting > 0 && bytes.length >= needed) {
      // The begun message alone is put together; what follows is read where it lies.
      const message = Buffer.concat([...parts, bytes.subarray(0, needed)]);
      [parts, waiting] = [[], 0];
      read(wire, message);
      const rest = bytes.subarray(needed);
      if (rest.length > 0) read(wire, wire._bufferSize > 0 ? Buffer.concat([...wire._buffer, rest]) : rest);
    } else if (waiting > 0) {
      parts.push(bytes);
      waiting += bytes.length;
      wire._bufferSize = waiting;
      wire._buffer = parts;
    } else {
      read(wire, bytes);
    }
    return done(null);
  };
}

function read(wire: Wire, bytes: Uint8Array): void {
  wire._buffer = [bytes];
  wire._bufferSize = bytes.length;
  wire._processBuffer();
}

/** Buffers of whole pieces that are kept for the next one. */
const kept = 4;
const patched = new WeakSet<object>();

/** Whole pieces in buffers that are used again. */
export class PieceBuffers {
  readonly #spare: Uint8Array[] = [];

  /** Its content is any. */
  take(length: number): Uint8Array {
    const at = this.#spare.findIndex((each) => each.length === length);
    return at < 0 ? Buffer.allocUnsafeSlow(length) : (this.#spare.splice(at, 1)[0] ?? Buffer.allocUnsafeSlow(length));
  }

  /** Nobody looks at it any more. */
  giveBack(buffer: Uint8Array): void {
    if (this.#spare.length === kept) this.#spare.shift();
    this.#spare.push(buffer);
  }
}

/** Of the thread. */
export const pieceBuffers = new PieceBuffers();

/** From now on the library puts the blocks of a piece together in one of `pieceBuffers`. */
export function gatherLean({ pieces }: Torrent): void {
  const piece = pieces.find((each) => each !== null);
  const kind = piece ? (Object.getPrototypeOf(piece) as OpenPiece) : undefined;
  if (!kind || patched.has(kind)) return;
  patched.add(kind);
  kind.flush = function flush(this: OpenPiece) {
    const blocks = this._buffer;
    if (!blocks || this._buffered !== this._chunks) return null;
    const whole = pieceBuffers.take(this.length);
    let at = 0;
    for (const block of blocks) {
      whole.set(block, at);
      at += block.length;
    }
    [this._buffer, this._cancellations, this.sources, this._flushed] = [null, null, null, true];
    return whole;
  };
}
