import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSeed, parseSeed } from './seed.ts';

test('a ratio, a time, both, none and no end', () => {
  assert.deepEqual(['off', 'forever', '1.5', 2, '2h', ' 1.5, 90m ', '1h30m,0.5'].map(parseSeed), [
    undefined,
    {},
    { ratio: 1.5 },
    { ratio: 2 },
    { time: 7_200_000 },
    { ratio: 1.5, time: 5_400_000 },
    { ratio: 0.5, time: 5_400_000 },
  ]);
});

test('what means nothing, or two things, is refused', () => {
  for (const wrong of ['', '0', '0s', 'on', '-1', '1,2', '1h,2h', '1,,2h', '1e9', '99999', 'forever,1']) {
    assert.throws(() => parseSeed(wrong), /how long to seed; it must be off, forever, a ratio such as 1\.5/, wrong);
  }
});

test('what is formatted is read back, and no text does harm', () => {
  const goal = fc.record(
    { ratio: fc.integer({ min: 1, max: 99_999_999 }).map((n) => n / 10_000), time: fc.integer({ min: 1, max: 1e12 }) },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(goal, (one) => assert.deepEqual(parseSeed(formatSeed(one)), { ...one })));
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const read = parseSeed(text);
        assert.deepEqual(parseSeed(formatSeed(read)), read);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
});
