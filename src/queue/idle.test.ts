import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterLook, freeSlots, notYetMoved } from './idle.ts';

test('who gets nothing for a minute is idle, until the next byte', () => {
  const idleAfter = 60_000;
  let one = notYetMoved(1000);
  const look = (received: number, now: number) => {
    one = afterLook(one, { received, now, idleAfter });
    return one.isIdle;
  };
  assert.deepEqual(
    [look(0, 60_999), look(0, 61_000), look(0, 90_000), look(5, 90_001), look(5, 150_000), look(5, 150_001)],
    [false, true, true, false, false, true],
  );
  assert.equal(afterLook(notYetMoved(0), { received: 0, now: 1e9, idleAfter: undefined }).isIdle, false);
});

test('idle ones take no slot, and are not started without end', () => {
  assert.equal(freeSlots(3, 3, 0, 0), 0);
  assert.equal(freeSlots(3, 3, 2, 0), 2);
  assert.equal(freeSlots(3, 3, 2, 1), 1);
  assert.equal(freeSlots(3, 53, 53, 0), 0);
  assert.ok(freeSlots(3, 5, 0, 0) < 0);
});
