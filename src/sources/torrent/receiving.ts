import type { OpenPiece, Torrent, Wire } from 'webtorrent';

/** No message is longer than a block of 128 KiB, or the bits of a few hundred thousand pieces, bytes. */
const longest = 1 << 20;
const lengthBytes = 4;
/** A block of a piece: its kind, then piece and offset. */
const blockKind = 7;
const blockHead = 9;

/**
 * Cuts what comes over a connection into the messages of the protocol, and hands them to the library. It would make
 * buffers for what comes and for each message; here blocks of pieces, which are nearly all, are handed over where they
 * lie, as `gatherLean` copies them to where they belong.
 */
export class Receiver {
  readonly #wire: Wire;
  /** The handshakes are over: messages come, each after its length. */
  #isTalking = false;
  /** Bytes of the message that comes; undefined: its length comes first. */
  #length: number | undefined;
  /** What of it has come, when it has not come at once. */
  #begun = new Uint8Array(lengthBytes);
  #has = 0;
  /** Nothing of it is believed any more. */
  #isOver = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** The bytes are needed during the call only; they are decrypted where they lie. */
  take(bytes: Uint8Array): void {
    const wire = this.#wire;
    const read = wire._encryptor?.decrypt(bytes) ?? bytes;
    if (this.#isTalking || this.#beginTalking()) this.#readMessages(read);
    else this.#greet(read);
  }

  /** Handshakes are read by the library, which keeps parts of them. */
  #greet(bytes: Uint8Array): void {
    const wire = this.#wire;
    wire._buffer = [Buffer.concat([...wire._buffer, bytes])];
    wire._bufferSize += bytes.length;
    wire._processBuffer();
  }

  #beginTalking(): boolean {
    const wire = this.#wire;
    const isWithin = wire._parser === wire._onMessage;
    if (!isWithin && wire._parser !== wire._onMessageLength) return false;
    this.#isTalking = true;
    if (isWithin) this.#expect(wire._parserSize);
    const left = wire._buffer;
    [wire._buffer, wire._bufferSize] = [[], 0];
    wire._parse(lengthBytes, wire._onMessageLength);
    for (const each of left) this.#readMessages(each);
    return true;
  }

  #readMessages(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isOver && !this.#wire._finished; ) {
      const needed = this.#length ?? lengthBytes;
      if (this.#has === 0 && bytes.length - at >= needed) {
        this.#read(bytes, at, needed);
        at += needed;
        continue;
      }
      const part = bytes.subarray(at, at + needed - this.#has);
      this.#begun.set(part, this.#has);
      this.#has += part.length;
      at += part.length;
      if (this.#has < needed) return;
      this.#has = 0;
      this.#read(this.#begun, 0, needed);
    }
  }

  #read(bytes: Uint8Array, at: number, length: number): void {
    const wire = this.#wire;
    if (this.#length === undefined) {
      this.#expect(uint32(bytes, at));
      return;
    }
    this.#length = undefined;
    if (bytes[at] === blockKind && length >= blockHead) {
      const [piece, offset] = [uint32(bytes, at + 1), uint32(bytes, at + 5)];
      wire._onPiece(piece, offset, bytes.subarray(at + blockHead, at + length));
    } else {
      wire._onMessage(Uint8Array.prototype.slice.call(bytes, at, at + length));
    }
  }

  #expect(length: number): void {
    if (length > longest) {
      this.#isOver = true;
      this.#wire.destroy();
    } else if (length === 0) this.#wire._onKeepAlive();
    else {
      this.#length = length;
      if (this.#begun.length < length) this.#begun = new Uint8Array(length);
    }
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Buffers of whole pieces that are kept for the next one, of pieces that are not larger than this, bytes. */
const kept = 4;
const largestKept = 16 << 20;
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
    if (buffer.length > largestKept) return;
    if (this.#spare.length === kept) this.#spare.shift();
    this.#spare.push(buffer);
  }
}

/** Of the thread. */
export const pieceBuffers = new PieceBuffers();
const blockBytes = 16_384;

/** From now on the library puts the blocks of a piece into one of `pieceBuffers` as they come. */
export function gatherLean({ pieces }: Torrent): void {
  const piece = pieces.find((each) => each !== null);
  const kind = piece ? (Object.getPrototypeOf(piece) as OpenPiece) : undefined;
  if (!kind || patched.has(kind)) return;
  patched.add(kind);
  kind.set = function set(this: OpenPiece, first: number, bytes: Uint8Array, sender: object) {
    if (!this.init()) return false;
    const there = this._buffer ?? [];
    this._whole ??= pieceBuffers.take(this.length);
    for (let from = 0, block = first; from < bytes.length; from += blockBytes, block += 1) {
      if (there[block]) continue;
      const part = bytes.subarray(from, from + blockBytes);
      this._whole.set(part, block * blockBytes);
      there[block] = true;
      this._buffered += 1;
      this.missing -= part.length;
      if (!this.sources?.includes(sender)) this.sources?.push(sender);
    }
    return this._buffered === this._chunks;
  };
  kind.flush = function flush(this: OpenPiece) {
    const whole = this._whole;
    if (!whole || this._buffered !== this._chunks) return null;
    [this._buffer, this._cancellations, this.sources, this._flushed] = [null, null, null, true];
    this._whole = undefined;
    return whole;
  };
}
