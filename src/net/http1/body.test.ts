import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { bodyReader, type Framing, framingOf } from './body.ts';
import { HeaderFields } from './header.ts';
import type { ResponseHead } from './response-head.ts';

function head(lines: readonly [string, string][], status = 200): ResponseHead {
  const headers = new HeaderFields();
  for (const [name, value] of lines) headers.add(name, value);
  return { status, reason: '', minor: 1, headers };
}

const isProtocol = (error: unknown): boolean => error instanceof Failure && error.class === 'protocol';

test('the framing follows RFC 9112 section 6.3', () => {
  assert.deepEqual(framingOf(head([['Content-Length', '5']])), { kind: 'length', length: 5 });
  assert.deepEqual(framingOf(head([['Content-Length', '5, 5']])), { kind: 'length', length: 5 });
  assert.deepEqual(framingOf(head([['Transfer-Encoding', 'Chunked']])), { kind: 'chunked' });
  assert.deepEqual(
    framingOf(
      head([
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '5'],
      ]),
    ),
    { kind: 'chunked' },
  );
  assert.deepEqual(framingOf(head([])), { kind: 'close' });
  assert.deepEqual(framingOf(head([['Content-Length', '5']], 304)), { kind: 'length', length: 0 });
});

test('contradictory or malformed framing is refused', () => {
  for (const lines of [
    [
      ['Content-Length', '5'],
      ['Content-Length', '6'],
    ],
    [['Content-Length', '5, 6']],
    [['Content-Length', '-1']],
    [['Content-Length', '+5']],
    [['Content-Length', '0x5']],
    [['Content-Length', '']],
    [['Content-Length', '9'.repeat(17)]],
    [['Content-Length', '9999999999999999']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [
      ['Transfer-Encoding', 'chunked'],
      ['Transfer-Encoding', 'chunked'],
    ],
  ] as [string, string][][]) {
    assert.throws(() => framingOf(head(lines)), isProtocol, JSON.stringify(lines));
  }
});

interface Outcome {
  readonly payload: Buffer;
  readonly taken: number;
  readonly ended: boolean;
  readonly whole: boolean;
}

/** Feeds `wire` in the portions given by `cuts`, from a larger buffer as a socket would. */
function decode(framing: Framing, wire: Buffer, cuts: readonly number[] = []): Outcome {
  const reader = bodyReader(framing);
  const parts: Buffer[] = [];
  const buffer = Buffer.concat([Buffer.from('before'), wire, Buffer.from('after')]);
  const ends = [...new Set([...cuts.map((cut) => cut % (wire.length + 1)), wire.length])].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    if (reader.ended) break;
    at += reader.push(buffer, 6 + at, end - at, (bytes, offset, length) => {
      assert.ok(length > 0 || framing.kind === 'close');
      parts.push(Buffer.from(bytes.subarray(offset, offset + length)));
    });
  }
  return { payload: Buffer.concat(parts), taken: at, ended: reader.ended, whole: reader.endsWithConnection() };
}

const chunkedWire = (chunks: readonly Uint8Array[], extension = '', trailers = ''): Buffer =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`0\r\n${trailers}\r\n`),
  ]);

test('a length ends the body, and what follows is not taken', () => {
  const outcome = decode({ kind: 'length', length: 4 }, Buffer.from('bodyX'));
  assert.deepEqual([outcome.payload.toString(), outcome.taken, outcome.ended], ['body', 4, true]);
  assert.equal(decode({ kind: 'length', length: 0 }, Buffer.from('')).ended, true);
});

test('an end of the connection completes only a body without framing of its own', () => {
  assert.equal(decode({ kind: 'length', length: 5 }, Buffer.from('body')).whole, false);
  assert.equal(decode({ kind: 'close' }, Buffer.from('body')).whole, true);
  assert.equal(decode({ kind: 'chunked' }, Buffer.from('4\r\nbody\r\n')).whole, false);
  assert.equal(decode({ kind: 'chunked' }, Buffer.from('4\r\nbody\r\n0\r\n')).whole, false);
  assert.equal(decode({ kind: 'chunked' }, Buffer.from('4\r\nbody\r\n0\r\n\r\n')).whole, true);
});

test('property: a chunked body comes out whole, however it is chunked, extended and cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 10 }),
      fc.constantFrom('', ';a', ';a=b', ' ;x="y;z"', '\t'),
      fc.constantFrom('', 'X: y\r\n', 'X: y\r\nZ: w\r\n'),
      fc.array(fc.nat()),
      (chunks, extension, trailers, cuts) => {
        const wire = chunkedWire(chunks, extension, trailers);
        const outcome = decode({ kind: 'chunked' }, Buffer.concat([wire, Buffer.from('next')]), [wire.length, ...cuts]);
        assert.ok(outcome.payload.equals(Buffer.concat(chunks)));
        assert.deepEqual([outcome.ended, outcome.taken], [true, wire.length]);
      },
    ),
  );
});

test('property: cut short anywhere, a chunked body is never taken for a whole one', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 5 }), fc.nat(), (chunks, cut) => {
      const wire = chunkedWire(chunks);
      const outcome = decode({ kind: 'chunked' }, wire.subarray(0, cut % wire.length));
      assert.equal(outcome.whole, false);
      assert.ok(Buffer.concat(chunks).subarray(0, outcome.payload.length).equals(outcome.payload));
    }),
  );
});

test('what the chunked grammar does not allow is refused', () => {
  for (const wire of [
    '\r\n',
    'x\r\n',
    '-1\r\n',
    '0x1\r\n',
    '1\n',
    '4\r\nbodyX\r\n',
    '4\r\nbody\n',
    `${'f'.repeat(14)}\r\n`,
    ` 4\r\n`,
    '4 body\r\n',
  ]) {
    assert.throws(() => decode({ kind: 'chunked' }, Buffer.from(wire)), isProtocol, JSON.stringify(wire));
  }
  assert.throws(() => decode({ kind: 'chunked' }, Buffer.from(`1;${'x'.repeat(5000)}`)), isProtocol);
  assert.throws(() => decode({ kind: 'chunked' }, Buffer.from(`0\r\n${'A: b\r\n'.repeat(4000)}`)), isProtocol);
});

test('property: any bytes as a chunked body give payload or a protocol failure', () => {
  const hostile = fc.oneof(
    fc.uint8Array(),
    fc
      .array(fc.constantFrom('4\r\n', 'body', '\r\n', '0', ';', '\n', '\0', 'ffffffffffff\r\n'))
      .map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(hostile, fc.array(fc.nat()), (wire, cuts) => {
      try {
        const outcome = decode({ kind: 'chunked' }, Buffer.from(wire), cuts);
        assert.ok(outcome.payload.length <= wire.length);
      } catch (error) {
        assert.ok(isProtocol(error), String(error));
      }
    }),
    { numRuns: 500 },
  );
});
