import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesIn, type Range } from '../../downloads/ranges.ts';
import { Pieces, piecesIn, placeOf, rangesOf, spansOf } from './layout.ts';
import { type PlacedFile, selections, wantedPieces } from './piece-store.ts';
import { doubtfulFiles, readRecord, recordText } from './resume-record.ts';

/** Files with gaps between them, as those have that only fill up. */
const torrents = fc
  .record({
    pieceLength: fc.integer({ min: 1, max: 20 }),
    sizes: fc.array(fc.tuple(fc.nat(40), fc.nat(5)), { minLength: 1, maxLength: 8 }),
    chosen: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    priorities: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 8, maxLength: 8 }),
  })
  .map(({ pieceLength, sizes, chosen, priorities }) => {
    let offset = 0;
    const files = sizes.map(([size, gap], position): PlacedFile => {
      const file = { offset, size };
      offset += size + gap;
      const target = { position, path: `/${position}`, size, durable: [], priority: priorities[position] ?? 0 };
      return { ...file, target: chosen[position] ? target : undefined };
    });
    return { cut: { pieceLength, length: Math.max(1, offset) }, files };
  });

test('the ranges of some pieces in all files lead back to those pieces', () => {
  fc.assert(
    fc.property(torrents, fc.array(fc.boolean(), { minLength: 400, maxLength: 400 }), ({ cut, files }, there) => {
      const pieces = new Pieces(Math.ceil(cut.length / cut.pieceLength));
      for (let piece = 0; piece < pieces.count; piece += 1) pieces.set(piece, there[piece] ?? false);
      const durable = files.map((file) => ({ file, durable: rangesOf(cut, file, pieces) }));
      const found = piecesIn(cut, durable);
      for (let piece = 0; piece < pieces.count; piece += 1) {
        const { from, bytes } = placeOf(cut, piece);
        const holds = spansOf(files, from, bytes).length > 0;
        assert.equal(found.has(piece), holds && pieces.has(piece), `piece ${piece}`);
      }
    }),
  );
});

test('the parts of a piece in its files are all its bytes but those that only fill up, in order', () => {
  fc.assert(
    fc.property(torrents, ({ cut, files }) => {
      const all = files.reduce((sum, { size }) => sum + size, 0);
      let counted = 0;
      for (let piece = 0; piece < Math.ceil(cut.length / cut.pieceLength); piece += 1) {
        const { from, bytes } = placeOf(cut, piece);
        const spans = spansOf(files, from, bytes);
        for (const span of spans) assert.equal(span.file.offset + span.inFile, from + span.inRange);
        counted += spans.reduce((sum, span) => sum + span.bytes, 0);
      }
      assert.equal(counted, all);
    }),
  );
});

test('what is selected is what is wanted, each piece once, with the highest priority of its files', () => {
  fc.assert(
    fc.property(torrents, ({ cut, files }) => {
      const wanted = wantedPieces(cut, files);
      const seen = new Set<number>();
      for (const { from, to, priority } of selections(cut, files)) {
        for (let piece = from; piece <= to; piece += 1) {
          assert.ok(wanted.has(piece) && !seen.has(piece));
          seen.add(piece);
          const { from: begin, bytes } = placeOf(cut, piece);
          const theirs = spansOf(files, begin, bytes).flatMap(({ file }) => file.target?.priority ?? []);
          assert.equal(priority, Math.max(...theirs));
        }
      }
      for (let piece = 0; piece < wanted.count; piece += 1) assert.equal(seen.has(piece), wanted.has(piece));
    }),
  );
});

test('a piece of which a byte is missing does not count as there', () => {
  const file = { offset: 0, size: 30 };
  const durable: Range[] = [
    [0, 19],
    [20, 30],
  ];
  const pieces = piecesIn({ pieceLength: 10, length: 30 }, [{ file, durable }]);
  assert.deepEqual(
    [0, 1, 2].map((piece) => pieces.has(piece)),
    [true, false, true],
  );
  assert.equal(bytesIn(rangesOf({ pieceLength: 10, length: 30 }, file, pieces)), 20);
});

test('after an orderly end a file must look exactly as it was left; after a kill it may be a little newer', () => {
  const files = [{ position: 0, size: 10, modifiedAt: 5000 }];
  const look = (size: number, modifiedAt: number) => [{ position: 0, size, modifiedAt }];
  const clean = { at: 6000, clean: true, files };
  assert.equal(doubtfulFiles(clean, look(10, 5000)).size, 0);
  assert.equal(doubtfulFiles(clean, look(10, 5001)).size, 1);
  assert.equal(doubtfulFiles(clean, look(11, 5000)).size, 1);
  const killed = { ...clean, clean: false };
  assert.equal(doubtfulFiles(killed, look(20, 50_000)).size, 0);
  assert.equal(doubtfulFiles(killed, look(20, 70_000)).size, 1);
  assert.equal(doubtfulFiles(killed, look(9, 5000)).size, 1);
  assert.equal(doubtfulFiles(undefined, look(1, 1)).size, 0);
});

test('a record is read as it was written, and anything else is none', () => {
  const record = { at: 1, clean: true, files: [{ position: 3, size: 4, modifiedAt: 5.5 }] };
  assert.deepEqual(readRecord(recordText(record)), record);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readRecord(text) === undefined));
});
