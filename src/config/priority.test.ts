import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePriority } from './priority.ts';

test('a priority is a word or a whole number', () => {
  assert.deepEqual(
    ['high', ' Normal ', 'low', '7', '-1000', '+3', 12].map(parsePriority),
    [100, 0, -100, 7, -1000, 3, 12],
  );
  for (const wrong of ['', 'urgent', '1001', '-1001', '1.5', '1e2', '0x1'])
    assert.throws(() => parsePriority(wrong), RangeError);
});

test('whatever is written gives a priority in range or a RangeError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer(), fc.double()), (written) => {
      try {
        const priority = parsePriority(written);
        return Number.isInteger(priority) && Math.abs(priority) <= 1000;
      } catch (error) {
        return error instanceof RangeError;
      }
    }),
  );
});
