import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { encrypt } from 'megajs';
import { decipherFrom, FileMac } from './cipher.ts';

/** What the library makes of a file: its encrypted bytes, and the key with the MAC in it. */
async function encrypted(plain: Uint8Array, seed: number): Promise<{ bytes: Buffer; key: Buffer }> {
  const stream = encrypt(Buffer.alloc(24, seed));
  const portions: Buffer[] = [];
  stream.on('data', (portion: Buffer) => portions.push(portion));
  stream.end(Buffer.from(plain));
  await once(stream, 'end');
  const { key } = stream as unknown as { key?: Buffer; _readableState: unknown };
  return { bytes: Buffer.concat(portions), key: key ?? Buffer.alloc(0) };
}

function macMatches(key: Uint8Array, plain: Uint8Array): boolean {
  const mac = new FileMac(key);
  for (let at = 0; at < plain.length; ) {
    const chunk = plain.subarray(at, at + mac.chunk);
    mac.update(chunk);
    at += chunk.length;
  }
  return mac.matches();
}

const sizes = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(131_071, 131_072, 131_073, 393_216, 400_001));

test('bytes and MAC are those of the library, from any place on, and one other bit does not match', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(255), fc.nat(), async (size, seed, somewhere) => {
      const plain = Buffer.alloc(size, Buffer.from([seed, 1, 2, 3, 5, 8, 13]));
      const { bytes, key } = await encrypted(plain, seed);
      const from = (somewhere % size) - ((somewhere % size) % 16);
      assert.ok(Buffer.from(decipherFrom(key, from)(bytes.subarray(from))).equals(plain.subarray(from)));
      assert.ok(macMatches(key, plain));
      plain[somewhere % size] = (plain[somewhere % size] ?? 0) ^ 4;
      assert.ok(!macMatches(key, plain));
    }),
    { numRuns: 10 },
  );
});
