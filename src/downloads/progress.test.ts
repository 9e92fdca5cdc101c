import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  etaOf,
  fractionOf,
  noProgress,
  type Progress,
  percentText,
  type Sample,
  speedOf,
  speedWindow,
  underLimit,
  withSample,
} from './progress.ts';

const steady = (bytesPerSecond: number, seconds: number, every = 200): Progress =>
  Array.from({ length: (seconds * 1000) / every + 1 }, (_, n) => ({
    at: n * every,
    amount: (n * every * bytesPerSecond) / 1000,
  })).reduce(withSample, noProgress);

/** Growing samples, as a transfer gives them: steps of time and bytes, never backwards. */
const growing = fc
  .array(fc.record({ wait: fc.integer({ min: 0, max: 5000 }), more: fc.integer({ min: 0, max: 50_000_000 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let at = 0;
    let bytes = 0;
    return steps.map(({ wait, more }): Sample => {
      at += wait;
      bytes += more;
      return { at, amount: bytes };
    });
  });

test('a steady transfer shows its speed from the second sample on and keeps it', () => {
  for (const seconds of [0.2, 1, 9, 10, 11, 60]) {
    const speed = speedOf(steady(5_000_000, seconds), seconds * 1000);
    assert.ok(Math.abs(speed - 5_000_000) < 1, `${seconds} s: ${speed}`);
  }
});

test('a stalled transfer sinks to 0 within the window', () => {
  const progress = steady(5_000_000, 20);
  assert.ok(speedOf(progress, 25_000) < 5_000_000 * 0.51);
  assert.equal(speedOf(progress, 20_000 + speedWindow), 0);
  assert.equal(speedOf(progress, 200_000), 0);
});

test('what came before the window does not count: a fast start does not flatter a slow end', () => {
  let progress = steady(100_000_000, 5);
  for (let at = 5200; at <= 20_000; at += 200)
    progress = withSample(progress, { at, amount: 500_000_000 + (at - 5000) * 100 });
  assert.ok(Math.abs(speedOf(progress, 20_000) - 100_000) < 1);
});

test('bytes that go back start a new window instead of a negative speed', () => {
  const progress = withSample(steady(5_000_000, 5), { at: 5200, amount: 0 });
  assert.deepEqual(progress, [{ at: 5200, amount: 0 }]);
  assert.equal(speedOf(progress, 5200), 0);
  assert.equal(speedOf(withSample(progress, { at: 6200, amount: 1000 }), 6200), 1000);
});

test('nothing known gives no speed and no time left', () => {
  assert.equal(speedOf(noProgress, 1000), 0);
  assert.equal(speedOf([{ at: 1000, amount: 5 }], 1000), 0);
  assert.equal(etaOf(0, 100, 0), null);
  assert.equal(etaOf(50, null, 10), null);
});

test('the time left is the rest at this speed, and 0 at the end', () => {
  assert.equal(etaOf(500, 1000, 100), 5000);
  assert.equal(etaOf(1000, 1000, 0), 0);
  assert.equal(etaOf(1100, 1000, 100), 0);
});

test('100 % is said only when every byte is there', () => {
  assert.equal(percentText(fractionOf(999_999_999, 1_000_000_000)), '99.9 %');
  assert.equal(percentText(fractionOf(1_000_000_000, 1_000_000_000)), '100 %');
  assert.equal(percentText(fractionOf(0, 10)), '0.0 %');
  assert.equal(percentText(fractionOf(5, null)), '');
  assert.equal(percentText(fractionOf(0, 0)), '100 %');
});

test('whatever the samples: the speed is never negative, never above the fastest moment, and memory stays small', () => {
  fc.assert(
    fc.property(growing, fc.integer({ min: 0, max: 30_000 }), (samples, later) => {
      const progress = samples.reduce(withSample, noProgress);
      const now = (samples.at(-1)?.at ?? 0) + later;
      const speed = speedOf(progress, now);
      const first = progress[0] as Sample;
      const fastest = Math.max(0, ...progress.slice(1).map((sample, n) => rate(progress[n] as Sample, sample)));
      assert.ok(speed >= 0 && Number.isFinite(speed));
      assert.ok(speed <= fastest * (1 + 1e-9) || now === first.at, `${speed} > ${fastest}`);
      assert.ok(progress.length <= speedWindow / 50 + 2);
    }),
  );
});

test('whatever the samples: the newest one is kept as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(100_000), amount: fc.nat() }), { minLength: 1 }), (samples) => {
      assert.deepEqual(samples.reduce(withSample, noProgress).at(-1), samples.at(-1));
    }),
  );
});

test('percentage and time left stay within reason for any figures', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.nat()), fc.double({ min: 0, noNaN: true }), (bytes, total, speed) => {
      const fraction = fractionOf(bytes, total);
      assert.ok(fraction === null || (fraction >= 0 && fraction <= 1));
      assert.equal(fraction === 1, total !== null && bytes >= total);
      const eta = etaOf(bytes, total, speed);
      assert.ok(eta === null || (eta >= 0 && Number.isSafeInteger(eta)));
    }),
  );
});

function rate(from: Sample, to: Sample): number {
  if (to.at > from.at) return ((to.amount - from.amount) * 1000) / (to.at - from.at);
  return to.amount > from.amount ? Number.POSITIVE_INFINITY : 0;
}

test('a limit is seen at once, in both directions, and a small rise of a share changes nothing', () => {
  const fast = steady(4_900_000, 20);
  const slowed = underLimit(fast, { before: 0, after: 200_000 }, 20_000);
  assert.equal(speedOf(slowed, 20_000), 200_000);
  const later = withSample(slowed, { at: 25_000, amount: 98_000_000 + 5 * 200_000 });
  assert.equal(Math.round(speedOf(later, 25_000)), 200_000);
  assert.equal(speedOf(slowed, 30_000), 0, 'what stalls under it sinks as ever');
  const freed = underLimit(later, { before: 200_000, after: 0 }, 25_000);
  assert.equal(speedOf(withSample(freed, { at: 26_000, amount: 99_000_000 + 3_000_000 }), 26_000), 3_000_000);
  assert.equal(underLimit(later, { before: 200_000, after: 230_000 }, 25_000), later);
  assert.equal(underLimit(fast, { before: 50_000_000, after: 0 }, 20_000), fast, 'it was not held back');
  assert.deepEqual(underLimit(noProgress, { before: 0, after: 1 }, 5), noProgress);
});

test('whatever came before, under a new limit no more than it is shown', () => {
  fc.assert(
    fc.property(growing, fc.integer({ min: 1, max: 10_000_000 }), (samples, after) => {
      const progress = samples.reduce(withSample, noProgress);
      const now = samples.at(-1)?.at ?? 0;
      assert.ok(speedOf(underLimit(progress, { before: 0, after }, now), now) <= after * 1.000001);
    }),
  );
});
