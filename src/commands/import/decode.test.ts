import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decoded } from './decode.ts';

async function textOf(pieces: readonly (Uint8Array | string)[], breaks?: Error): Promise<[string, string[]]> {
  const told: string[] = [];
  async function* bytes() {
    yield* pieces;
    if (breaks) throw breaks;
  }
  let text = '';
  for await (const piece of decoded(bytes(), (error) => told.push(error.message))) text += piece;
  return [text, told];
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  // The mark of an encoding stands in the first piece of any file.
  const ends = [...new Set(cuts.map((cut) => 2 + (cut % (bytes.length + 1))))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
}

function inUtf16(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}

test('text comes out of its bytes as it was, in each encoding that files come in, cut anywhere', async () => {
  const encodings = {
    utf8: (text: string) => Buffer.from(text),
    marked: (text: string) => Buffer.from(`\ufeff${text}`),
    utf16le: (text: string) => inUtf16(text, false),
    utf16be: (text: string) => inUtf16(text, true),
  };
  const text = fc.string({ unit: 'grapheme' }).map((given) => given.toWellFormed().replaceAll('\ufeff', ''));
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.array(fc.nat()),
      fc.constantFrom(...Object.values(encodings)),
      async (given, cuts, of) => {
        assert.deepEqual(await textOf(split(of(given), cuts)), [given, []]);
      },
    ),
    { numRuns: 300 },
  );
});

test('bytes that are no text cost what they are, and nothing around them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.array(fc.nat()), async (bytes, cuts) => {
      const framed = Buffer.concat([Buffer.from('{"a": "'), bytes, Buffer.from('\n"b"')]);
      const [text] = await textOf(split(framed, cuts));
      assert.ok(text.startsWith('{"a": "') && text.endsWith('\n"b"'));
    }),
    { numRuns: 300 },
  );
});

test('a file that cannot be read to its end gives what came, and says why', async () => {
  const broken = Object.assign(new Error('i/o error'), { code: 'EIO' });
  assert.deepEqual(await textOf(['abc', 'd'], broken), ['abcd', ['i/o error']]);
  assert.deepEqual(await textOf([], broken), ['', ['i/o error']]);
});
