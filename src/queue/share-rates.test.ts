import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SharedLimit, shareRates } from './share-rates.ts';

const all = (wants: readonly number[], rate: number): SharedLimit => ({ rate, members: wants.map((_, n) => n) });
const any = Number.POSITIVE_INFINITY;

test('everybody gets the same of a limit', () => {
  const wants = [any, any, any, any];
  assert.deepEqual(shareRates(wants, [all(wants, 1000)]), [250, 250, 250, 250]);
});

test('a slow one leaves its share to the others', () => {
  const wants = [any, 50, any];
  assert.deepEqual(shareRates(wants, [all(wants, 1000)]), [475, 50, 475]);
});

test('a limit of a host holds within the limit of all, and what it leaves goes to the others', () => {
  const wants = [any, any, any];
  assert.deepEqual(shareRates(wants, [all(wants, 1000), { rate: 200, members: [0, 1] }]), [100, 100, 800]);
});

test('without a limit everybody gets what it wants', () => {
  assert.deepEqual(shareRates([any, 700], []), [any, 700]);
  assert.deepEqual(shareRates([], [all([], 1000)]), []);
});

test('ten thousand downloads are shared out within a fraction of a second', () => {
  const wants = Array.from({ length: 10_000 }, (_, n) => (n % 3 === 0 ? any : n * 10));
  const hosts = Array.from({ length: 100 }, (_, host) => ({
    rate: 1_000_000,
    members: Array.from({ length: 100 }, (__, n) => host * 100 + n),
  }));
  const begun = performance.now();
  const sum = shareRates(wants, [all(wants, 50_000_000), ...hosts]).reduce((total, share) => total + share, 0);
  assert.ok(Math.abs(sum - 50_000_000) < 1);
  assert.ok(performance.now() - begun < 500);
});

const wantsAndLimits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 1e9 }), fc.constant(any)), { minLength: 1, maxLength: 12 })
  .chain((wants) =>
    fc.tuple(
      fc.constant(wants),
      fc.array(
        fc.record({
          rate: fc.integer({ min: 0, max: 1e9 }),
          members: fc.subarray([...wants.keys()], { minLength: 1 }),
        }),
        { maxLength: 5 },
      ),
    ),
  );

test('property: no limit is exceeded, nobody gets more than it wants, and nobody could get more without taking from one who has no more', () => {
  fc.assert(
    fc.property(wantsAndLimits, ([wants, limits]) => {
      const shares = shareRates(wants, limits);
      const near = (rate: number) => rate * 1e-9 + 1e-6;
      const sumOf = ({ members }: SharedLimit) => members.reduce((sum, member) => sum + (shares[member] ?? 0), 0);
      for (const limit of limits) assert.ok(sumOf(limit) <= limit.rate + near(limit.rate));
      for (const [n, share] of shares.entries()) {
        assert.ok(share >= 0 && share <= (wants[n] ?? 0));
        if (share === wants[n]) continue;
        const bottleneck = limits.find(
          (limit) =>
            limit.members.includes(n) &&
            sumOf(limit) >= limit.rate - near(limit.rate) &&
            limit.members.every((member) => (shares[member] ?? 0) <= share + near(share)),
        );
        assert.ok(bottleneck, `${n} gets ${share} of ${wants[n]}, and no limit says why`);
      }
    }),
    { numRuns: 1000 },
  );
});
