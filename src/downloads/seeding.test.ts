import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioOf, ratioText, seedingEnd } from './seeding.ts';

test('seeding ends at the ratio or the time, whichever comes first, and never without a goal', () => {
  const at = (uploaded: number, time: number) => ({ uploaded, time, size: 100 });
  assert.equal(seedingEnd({}, at(1e9, 1e12)), undefined);
  assert.equal(seedingEnd({ ratio: 1.5, time: 60_000 }, at(149, 59_999)), undefined);
  assert.equal(seedingEnd({ ratio: 1.5, time: 60_000 }, at(150, 0)), 'it was sent 1.50 times, as asked for');
  assert.equal(
    seedingEnd({ ratio: 1.5, time: 60_000 }, at(149, 60_000)),
    'it was offered for 1m, as asked for (ratio 1.49)',
  );
});

test('a ratio is never told as higher than it is', () => {
  assert.deepEqual(
    [
      ratioText(ratioOf(1999, 1000)),
      ratioText(ratioOf(420, 1000)),
      ratioText(ratioOf(5, 0)),
      ratioText(ratioOf(5, null)),
    ],
    ['1.99', '0.42', '0.00', '0.00'],
  );
});
