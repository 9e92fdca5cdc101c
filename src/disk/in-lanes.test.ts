import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inLanes } from './in-lanes.ts';

test('each item has its turn once, in order, and never more than so many at a time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), async (waits, lanes) => {
      const begun: number[] = [];
      let atWork = 0;
      await inLanes(waits, lanes, async (turns, at) => {
        begun.push(at);
        atWork += 1;
        assert.ok(atWork <= lanes);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        atWork -= 1;
      });
      assert.deepEqual(begun, [...waits.keys()]);
    }),
  );
});

test('after a failure nothing more begins, and what was begun ends first', async () => {
  const ended: number[] = [];
  const work = async (_: number, at: number) => {
    if (at === 1) throw new Error('the second');
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    ended.push(at);
  };
  await assert.rejects(inLanes([0, 0, 0, 0, 0], 2, work), /the second/);
  assert.deepEqual(ended, [0]);
});
