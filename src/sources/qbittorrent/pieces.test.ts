import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OpenFile } from '../../disk/disk.ts';
import { bytesIn } from '../../downloads/ranges.ts';
import type { Metainfo } from '../torrent/metainfo.ts';
import { checkPieces } from './check-pieces.ts';
import { rangesOf } from './piece-ranges.ts';
import { doingOf, isStopped } from './states.ts';

const { signal } = new AbortController();

/** Files one behind the other, each of which may be one that only fills up, as it is then hidden. */
function torrentOf(parts: readonly { readonly size: number; readonly hidden: boolean }[], pieceLength: number) {
  const content = Buffer.concat(
    parts.map(({ size, hidden }, n) => (hidden ? Buffer.alloc(size) : Buffer.alloc(size, `${n + 1} files in a row; `))),
  );
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  let offset = 0;
  const all = parts.map(({ size, hidden }, index) => {
    offset += size;
    return { path: `f${index}`, size, index, hidden, offset: offset - size };
  });
  const files = all.filter(({ hidden }) => !hidden);
  const metainfo = { pieceLength, pieces: Buffer.concat(hashes), length: content.length, files } as unknown as Metainfo;
  return { metainfo, content, files };
}

/** Only what is read of it. */
function inMemory(bytes: Uint8Array): OpenFile {
  const read = async (buffer: Uint8Array, offset: number, length: number, position: number) => {
    const portion = bytes.subarray(position, position + length);
    buffer.set(portion, offset);
    return portion.length;
  };
  return { read } as unknown as OpenFile;
}

const layouts = fc.array(fc.record({ size: fc.nat(60), hidden: fc.boolean() }), { minLength: 1, maxLength: 8 });

test('files that are right are sure, as far as their pieces are here; one wrong byte is found wherever it is checked', async () => {
  await fc.assert(
    fc.asyncProperty(
      layouts,
      fc.integer({ min: 1, max: 50 }),
      fc.nat(),
      fc.nat(),
      async (parts, pieceLength, mask, at) => {
        const { metainfo, content, files } = torrentOf(parts, pieceLength);
        const here = files.filter((_, n) => (mask >> n) % 2 === 0);
        const bytesOf = ({ offset, size }: (typeof files)[number]) => content.subarray(offset, offset + size);
        const standing = here.map((described) => ({ described, file: inMemory(Buffer.from(bytesOf(described))) }));
        const good = await checkPieces(metainfo, standing, signal);
        assert.equal(good.wrong.size, 0);
        const isHere = (byte: number) =>
          !files.some((file) => !here.includes(file) && byte >= file.offset && byte < file.offset + file.size);
        const pieceIsHere = (byte: number) => {
          const from = byte - (byte % pieceLength);
          for (let one = from; one < Math.min(content.length, from + pieceLength); one += 1)
            if (!isHere(one)) return false;
          return true;
        };
        for (const [place, { offset, size }] of here.entries()) {
          const sure = Array.from({ length: size }, (_, n) => offset + n).every(pieceIsHere);
          assert.equal(good.whole.has(place), sure);
        }
        const [damaged] = here.filter(({ size }) => size > 0);
        if (!damaged) return;
        const byte = at % damaged.size;
        const bytes = Buffer.from(bytesOf(damaged));
        bytes[byte] = (bytes[byte] ?? 0) ^ 1;
        const worse = standing.map((one) => (one.described === damaged ? { ...one, file: inMemory(bytes) } : one));
        const { wrong, whole } = await checkPieces(metainfo, worse, signal);
        assert.equal(wrong.has(here.indexOf(damaged)), pieceIsHere(damaged.offset + byte));
        assert.ok([...wrong].every((place) => !whole.has(place)));
        const short = standing.map((one) =>
          one.described === damaged ? { ...one, file: inMemory(bytesOf(damaged).subarray(1)) } : one,
        );
        const last = damaged.offset + damaged.size - 1;
        if (pieceIsHere(last)) assert.ok((await checkPieces(metainfo, short, signal)).wrong.has(here.indexOf(damaged)));
      },
    ),
    { numRuns: 150 },
  );
});

test('what of a file is there are the pieces that are there', () => {
  fc.assert(
    fc.property(
      layouts,
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.constantFrom(0, 1, 2)),
      (parts, pieceLength, states) => {
        const { content, files, metainfo } = torrentOf(parts, pieceLength);
        for (const file of files) {
          const bytes = Array.from({ length: file.size }, (_, n) => file.offset + n);
          const there = bytes.filter((byte) => states[Math.floor(byte / pieceLength)] === 2).length;
          const ranges = rangesOf(metainfo, file, states);
          assert.equal(bytesIn(ranges), there);
          assert.ok(ranges.every(([from, to]) => from >= 0 && to <= file.size && file.offset + to <= content.length));
        }
      },
    ),
  );
});

test('states of all versions are known, and a new word counts as work', () => {
  assert.deepEqual(
    ['pausedDL', 'stoppedDL', 'stalledUP', 'stoppedUP', 'moving', 'missingFiles', 'metaDL', 'toString', 'brandNew'].map(
      doingOf,
    ),
    ['stopped', 'stopped', 'complete', 'complete', 'checks', 'failed', 'works', 'works', 'works'],
  );
  assert.deepEqual(['pausedUP', 'stoppedDL', 'stalledDL', 'checkingUP'].map(isStopped), [true, true, false, false]);
});
