import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OpenPiece, Torrent, Wire } from 'webtorrent';
import { gatherLean, PieceBuffers, receiveLean } from './receiving.ts';

/** Reads messages as the library does: a length of 4 bytes, and then so many. */
class ReadingWire {
  readonly type = 'tcpOutgoing';
  readonly _encryptor = { decrypt: (data: Uint8Array) => data.map((byte) => byte ^ 7) };
  readonly messages: string[] = [];
  destroyed = false;
  _buffer: Uint8Array[] = [];
  _bufferSize = 0;
  _parserSize = 4;
  #isLength = true;

  _processBuffer(): void {
    while (this._bufferSize >= this._parserSize) {
      const [first = new Uint8Array()] = this._buffer;
      const taken = Buffer.from(first.subarray(0, this._parserSize));
      this._bufferSize -= this._parserSize;
      this._buffer = this._bufferSize > 0 ? [first.subarray(this._parserSize)] : [];
      if (!this.#isLength) this.messages.push(taken.toString('latin1'));
      const length = this.#isLength ? taken.readUInt32BE() : 0;
      this._parserSize = length > 0 ? length : 4;
      this.#isLength = length === 0;
    }
  }

  destroy(): void {
    this.destroyed = true;
  }
}

test('messages are read the same however the network cuts them', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.integer({ min: 1, max: 40 })), (messages, cuts) => {
      const wire = new ReadingWire();
      receiveLean(wire as unknown as Wire);
      const sent = Buffer.concat(messages.flatMap((message) => [lengthOf(message), Buffer.from(message, 'latin1')]));
      let told = 0;
      for (let at = 0, n = 0; at < sent.length; n += 1) {
        const size = cuts[n % Math.max(1, cuts.length)] ?? sent.length;
        const data = sent.subarray(at, at + size).map((byte) => byte ^ 7);
        (wire as unknown as Wire)._write(data, () => (told += 1));
        at += size;
        assert.equal(told, n + 1);
      }
      assert.deepEqual(
        wire.messages,
        messages.filter((message) => message !== ''),
      );
    }),
  );
});

test('a message that nobody sends, of gigabytes, ends the connection', () => {
  const wire = new ReadingWire();
  receiveLean(wire as unknown as Wire);
  const length = Buffer.from([0x70, 0, 0, 0]).map((byte) => byte ^ 7);
  (wire as unknown as Wire)._write(length, () => {});
  (wire as unknown as Wire)._write(Buffer.alloc(65_536), () => {});
  assert.ok(wire.destroyed);
});

test('blocks come together to their piece, once, in a buffer that is used again', () => {
  class Piece {
    readonly length = 10;
    readonly _chunks = 2;
    _buffered = 0;
    _buffer: Uint8Array[] | null = [];
  }
  const [whole, half] = [new Piece(), new Piece()];
  gatherLean({ pieces: [null, whole as unknown as OpenPiece] } as unknown as Torrent);
  whole._buffer = [Buffer.from('abcdef'), Buffer.from('ghij')];
  whole._buffered = 2;
  half._buffered = 1;
  const flush = (piece: Piece) => (piece as unknown as OpenPiece).flush();
  assert.equal(Buffer.from(flush(whole) ?? []).toString(), 'abcdefghij');
  assert.deepEqual([flush(whole), flush(half)], [null, null]);

  const buffers = new PieceBuffers();
  const [first, other] = [buffers.take(10), buffers.take(10)];
  assert.notEqual(first, other);
  buffers.giveBack(first);
  assert.notEqual(buffers.take(11), first);
  assert.equal(buffers.take(10), first);
});

function lengthOf(message: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return head;
}
