import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesIn, contiguousFromStart, cutOut, cutRanges, missingRanges, normalRanges, type Range } from './ranges.ts';

const size = 64;
const ranges = fc.array(
  fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]): Range => [a, b]),
  { maxLength: 12 },
);

/** The plain model: one flag a byte. */
function flags(list: readonly Range[]): boolean[] {
  return Array.from({ length: size }, (_, at) => list.some(([from, to]) => from <= at && at < to));
}

test('normal ranges cover the same bytes, sorted, disjoint and not touching', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const normal = normalRanges(list);
      assert.deepEqual(flags(normal), flags(list));
      for (const [index, [from, to]] of normal.entries()) {
        assert.ok(from < to);
        assert.ok(index === 0 || (normal[index - 1]?.[1] ?? 0) < from);
      }
      assert.deepEqual(normalRanges(normal), normal);
    }),
  );
});

test('what is there and what is missing make the whole', () => {
  fc.assert(
    fc.property(ranges, fc.nat(size), (list, total) => {
      const there = cutRanges(list, total);
      const missing = missingRanges(list, total);
      assert.equal(bytesIn(there) + bytesIn(missing), total);
      assert.deepEqual(normalRanges([...there, ...missing]), total === 0 ? [] : [[0, total]]);
    }),
  );
});

test('the contiguous beginning is all before the first missing byte', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const end = contiguousFromStart(list);
      assert.deepEqual(flags(list).slice(0, end).includes(false), false);
      assert.ok(end >= size || flags(list)[end] === false);
    }),
  );
});

test('what is cut out is missing afterwards, and nothing else', () => {
  const ranges = fc.array(fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]));
  const has = (list: readonly Range[], at: number) => list.some(([from, to]) => from <= at && at < to);
  fc.assert(
    fc.property(ranges, ranges, (some, holes) => {
      const left = cutOut(some, holes);
      assert.deepEqual(left, normalRanges(left));
      for (let at = 0; at < 62; at += 1) assert.equal(has(left, at), has(some, at) && !has(holes, at));
    }),
  );
});
