import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesIn, missingRanges, normalRanges, type Range } from '../../downloads/ranges.ts';
import { type Busy, connectionsFor, slowest, splitWork } from './split.ts';

const MiB = 2 ** 20;

function lanes(total: number, wanted: number, there: readonly Range[] = []): Busy[] {
  const busy: Busy[] = [];
  for (;;) {
    if (busy.length === wanted) return busy;
    const work = splitWork(there, total, busy, wanted, MiB);
    if (work?.take !== 'gap') return busy;
    busy.push({ at: work.from, to: work.to, speed: undefined });
  }
}

test('at the start the connections divide the file evenly', () => {
  assert.deepEqual(
    lanes(8 * MiB, 4).map(({ at, to }) => [at / MiB, to / MiB]),
    [
      [0, 2],
      [2, 4],
      [4, 6],
      [6, 8],
    ],
  );
});

test('one connection takes the whole file', () => {
  assert.deepEqual(lanes(8 * MiB, 1), [{ at: 0, to: 8 * MiB, speed: undefined }]);
});

test('no piece is smaller than the least one, unless the gap is', () => {
  assert.deepEqual(lanes(2.5 * MiB, 8).length, 2);
  assert.deepEqual(lanes(1000, 8), [{ at: 0, to: 1000, speed: undefined }]);
});

test('after a resume the holes are filled first', () => {
  const work = splitWork(
    [
      [0, 4 * MiB],
      [5 * MiB, 6 * MiB],
    ],
    8 * MiB,
    [],
    2,
    MiB,
  );
  assert.deepEqual(work, { take: 'gap', from: 4 * MiB, to: 5 * MiB });
});

test('a free connection takes half of the largest rest', () => {
  const busy = [
    { at: 1 * MiB, to: 2 * MiB, speed: undefined },
    { at: 4 * MiB, to: 10 * MiB, speed: undefined },
  ];
  const work = splitWork(
    [
      [0, 1 * MiB],
      [2 * MiB, 4 * MiB],
    ],
    10 * MiB,
    busy,
    3,
    MiB,
  );
  assert.deepEqual(work, { take: 'half', of: 1, at: 7 * MiB, to: 10 * MiB });
});

test('what is left of a piece is not divided when it is not worth a connection', () => {
  assert.equal(splitWork([[0, 8 * MiB]], 9.9 * MiB, [{ at: 8 * MiB, to: 9.9 * MiB, speed: 1 }], 2, MiB), undefined);
});

test('a file is worth no more connections than it has pieces', () => {
  assert.deepEqual(
    [0, MiB, 3 * MiB, 100 * MiB].map((bytes) => connectionsFor(bytes, 8, MiB)),
    [1, 1, 3, 8],
  );
});

test('a connection below 0.3 of the mean of the others is slow; two have no mean', () => {
  const at = (speed: number | undefined): Busy => ({ at: 0, to: 1, speed });
  assert.equal(slowest([at(100), at(29), at(100)]), 1);
  assert.equal(slowest([at(100), at(31), at(100)]), undefined);
  assert.equal(slowest([at(100), at(1)]), undefined);
  assert.equal(slowest([at(100), at(undefined), at(100)]), undefined);
});

/** Plays a whole download: connections take work, write a random part of it, end or go on, until nothing is missing. */
test('whatever the connections do, every byte is given to one of them, and to one only', () => {
  const moves = fc.array(fc.tuple(fc.nat(7), fc.nat(3 * MiB), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 * MiB }), fc.integer({ min: 1, max: 8 }), moves, (total, wanted, list) => {
      let there: Range[] = [];
      let busy: Busy[] = [];
      const fill = () => {
        while (busy.length < wanted) {
          const work = splitWork(there, total, busy, wanted, MiB);
          if (!work) break;
          if (work.take === 'gap') busy.push({ at: work.from, to: work.to, speed: undefined });
          else {
            busy = busy.map((each, index) => (index === work.of ? { ...each, to: work.at } : each));
            busy.push({ at: work.at, to: work.to, speed: undefined });
          }
          const claimed = busy.map(({ at, to }): Range => [at, to]);
          assert.equal(
            bytesIn(claimed),
            claimed.reduce((sum, [from, to]) => sum + to - from, 0),
            'no byte is given twice',
          );
          assert.equal(bytesIn([...claimed, ...there]), bytesIn(claimed) + bytesIn(there), 'nothing is fetched again');
        }
      };
      const step = (index: number, bytes: number, breaks: boolean) => {
        const lane = busy[index];
        if (!lane) return;
        const at = Math.min(lane.to, lane.at + bytes);
        there = normalRanges([...there, [lane.at, at]]);
        busy = busy.flatMap((each, other) =>
          other !== index ? [each] : at === lane.to || breaks ? [] : [{ ...each, at }],
        );
      };
      fill();
      for (const [index, bytes, breaks] of list) {
        step(index % Math.max(1, busy.length), bytes, breaks);
        fill();
      }
      for (let guard = 0; missingRanges(there, total).length > 0; guard += 1) {
        assert.ok(guard < 1000, 'it comes to an end');
        fill();
        assert.ok(busy.length > 0, 'while something is missing somebody works');
        step(0, total, false);
      }
      assert.deepEqual(there, [[0, total]]);
    }),
    { numRuns: 300 },
  );
});
