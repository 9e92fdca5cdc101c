import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Demand, newDemand, wantOf, withLook } from './demand.ts';

/** A second after second, each with what came and what was allowed. */
function after(seconds: readonly { readonly came: number; readonly share: number }[]): Demand {
  let bytes = 5_000_000;
  let demand = withLook(newDemand, { at: 0, bytes, share: 0 });
  for (const [n, { came, share }] of seconds.entries()) {
    bytes += came;
    demand = withLook(demand, { at: (n + 1) * 1000, bytes, share });
  }
  return demand;
}
const same = (seconds: number, came: number, share: number) => Array.from({ length: seconds }, () => ({ came, share }));

test('one that takes what it is given could take more; so could one that is young or was never limited', () => {
  assert.equal(wantOf(after(same(5, 490_000, 500_000)), 1000), Infinity);
  assert.equal(wantOf(after(same(2, 0, 500_000)), 1000), Infinity);
  assert.equal(wantOf(newDemand, 1000), Infinity);
});

test('one that is slower than its share wants a little more than it makes', () => {
  assert.equal(wantOf(after(same(10, 100_000, 500_000)), 1000), 130_000);
  assert.equal(wantOf(after(same(10, 100_000, Infinity)), 1000), 130_000);
});

test('one that stands still keeps a foothold, and is given its due soon after it goes on', () => {
  const still = same(10, 0, 50_000);
  assert.equal(wantOf(after(still), 50_000), 50_000);
  assert.equal(wantOf(after([...still, ...same(3, 50_000, 50_000)]), 50_000), Infinity);
});

test('a share that has just grown is not held against what came before', () => {
  const grown = after([...same(10, 250_000, 250_000), ...same(1, 500_000, 500_000)]);
  assert.equal(wantOf(grown, 1000), Infinity);
});

test('at a low rate whole portions come and then none: that is no lack of demand', () => {
  assert.equal(wantOf(after(same(4, 0, 5000)), 1000), Infinity);
});

test('a download that begins anew is looked at anew', () => {
  const demand = withLook(after(same(10, 0, 500_000)), { at: 11_000, bytes: 0, share: 500_000 });
  assert.equal(wantOf(demand, 1000), Infinity);
});

test('property: the memory stays small, and what it wants covers what it makes', () => {
  const looks = fc.array(fc.record({ came: fc.nat(1e7), share: fc.nat(1e7) }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(looks, fc.nat(1e6), (seconds, least) => {
      const demand = after(seconds);
      assert.ok(demand.length <= 5);
      const lately = seconds.slice(-3).reduce((sum, { came }) => sum + came, 0) / 3;
      const want = wantOf(demand, least);
      assert.ok(want >= least && want >= lately - 1);
    }),
  );
});
