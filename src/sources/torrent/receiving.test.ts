import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OpenPiece, Torrent, Wire } from 'webtorrent';
import { gatherLean, PieceBuffers, Receiver } from './receiving.ts';

/** Reads a greeting of 20 bytes itself, as the library does, and is then handed messages. */
class TalkingWire {
  readonly _encryptor = { decrypt: (data: Uint8Array) => data.map((byte) => byte ^ 7) };
  readonly heard: string[] = [];
  destroyed = false;
  _finished = false;
  _buffer: Uint8Array[] = [];
  _bufferSize = 0;
  _parserSize = greeting.length;
  _parser: (bytes: Uint8Array) => void = () => this._parse(4, this._onMessageLength);

  _parse(size: number, parser: (bytes: Uint8Array) => void): void {
    this._parserSize = size;
    this._parser = parser;
  }

  _processBuffer(): void {
    while (this._bufferSize >= this._parserSize) {
      const [first = new Uint8Array()] = this._buffer;
      const taken = first.subarray(0, this._parserSize);
      this._bufferSize -= this._parserSize;
      this._buffer = this._bufferSize > 0 ? [first.subarray(this._parserSize)] : [];
      this._parser(taken);
    }
  }

  _onMessageLength(bytes: Uint8Array): void {
    const length = Buffer.from(bytes).readUInt32BE();
    if (length === 0) this._onKeepAlive();
    else this._parse(length, this._onMessage);
  }

  _onMessage(bytes: Uint8Array): void {
    this._parse(4, this._onMessageLength);
    const isBlock = bytes[0] === 7 && bytes.length >= 9;
    if (isBlock) this._onPiece(uint32(bytes, 1), uint32(bytes, 5), bytes.subarray(9));
    else this.heard.push(Buffer.from(bytes).toString('hex'));
  }

  _onPiece(piece: number, offset: number, block: Uint8Array): void {
    this.heard.push(`${piece} ${offset} ${Buffer.from(block).toString('hex')}`);
  }

  _onKeepAlive(): void {
    this.heard.push('');
  }

  destroy(): void {
    this.destroyed = true;
  }
}

const greeting = 'BitTorrent protocol.';
const hidden = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 7);
const uint32 = (bytes: Uint8Array, at: number) => Buffer.from(bytes).readUInt32BE(at);

test('messages are heard as the library itself hears them, however the network cuts them', () => {
  const message = fc.tuple(fc.constantFrom(0, 4, 5, 7, 20), fc.uint8Array({ maxLength: 60 }));
  const messages = fc.array(fc.option(message, { nil: undefined }));
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 40 })), (wanted, cuts) => {
      const bodies = wanted.map((each) => (each ? Buffer.from([each[0], ...each[1]]) : Buffer.alloc(0)));
      const sent = Buffer.concat([Buffer.from(greeting), ...bodies.flatMap((body) => [lengthOf(body), body])]);
      const byLibrary = new TalkingWire();
      [byLibrary._buffer, byLibrary._bufferSize] = [[sent], sent.length];
      byLibrary._processBuffer();
      const wire = new TalkingWire();
      const receiver = new Receiver(wire as unknown as Wire);
      for (let at = 0, n = 0; at < sent.length; n += 1) {
        const size = cuts[n % Math.max(1, cuts.length)] ?? sent.length;
        const read = hidden(sent.subarray(at, at + size));
        receiver.take(read);
        read.fill(0);
        at += size;
      }
      assert.deepEqual(wire.heard, byLibrary.heard);
      assert.equal(wire.heard.length, wanted.length);
    }),
  );
});

test('whatever a peer says, no more than a message is kept of it', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (portions) => {
      const wire = new TalkingWire();
      const receiver = new Receiver(wire as unknown as Wire);
      receiver.take(hidden(Buffer.from(greeting)));
      for (const each of portions) receiver.take(each);
      assert.ok(wire._bufferSize === 0);
    }),
  );
});

test('a message that nobody sends, of gigabytes, ends the connection', () => {
  const wire = new TalkingWire();
  const receiver = new Receiver(wire as unknown as Wire);
  receiver.take(hidden(Buffer.from(greeting)));
  receiver.take(hidden(Buffer.from([0x70, 0, 0, 0])));
  assert.ok(wire.destroyed);
  receiver.take(hidden(Buffer.alloc(65_536)));
  assert.deepEqual(wire.heard, []);
});

test('blocks come together to their piece, once, whatever becomes of the bytes they came in', () => {
  class Piece {
    readonly length = 16_384 + 3;
    readonly _chunks = 2;
    missing = this.length;
    sources: object[] | null = [];
    _buffered = 0;
    _buffer: unknown[] | null = [];
    _flushed = false;

    init(): boolean {
      return !this._flushed;
    }
  }
  const [plain, whole] = [new Piece(), new Piece()];
  gatherLean({ pieces: [null, plain as unknown as OpenPiece] } as unknown as Torrent);
  const [piece, sender] = [whole as unknown as OpenPiece, {}];
  const came = Buffer.from('end');
  assert.equal(piece.set(1, came, sender), false);
  came.fill('!');
  assert.equal(piece.set(1, Buffer.from('not'), sender), false);
  assert.deepEqual([piece.flush(), piece.missing, piece.sources], [null, 16_384, [sender]]);
  assert.equal(piece.set(0, Buffer.alloc(16_384, 'a'), sender), true);
  assert.equal(Buffer.from(piece.flush() ?? []).toString(), `${'a'.repeat(16_384)}end`);
  assert.deepEqual([piece.flush(), piece.set(0, came, sender)], [null, false]);
  const seeds = plain as unknown as OpenPiece;
  assert.equal(seeds.set(0, Buffer.alloc(16_387, 'b'), sender), true);
  assert.equal(Buffer.from(seeds.flush() ?? []).toString(), 'b'.repeat(16_387));
});

test('a buffer of a piece is used again', () => {
  const buffers = new PieceBuffers();
  const [first, other] = [buffers.take(10), buffers.take(10)];
  assert.notEqual(first, other);
  buffers.giveBack(first);
  assert.notEqual(buffers.take(11), first);
  assert.equal(buffers.take(10), first);
});

function lengthOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return head;
}
