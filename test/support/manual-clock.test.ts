import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './manual-clock.ts';

test('timers run in the order of their moments, each at its own time', async () => {
  const clock = manualClock(1000);
  const seen: [string, number][] = [];
  clock.after(30, () => seen.push(['late', clock.now()]));
  clock.after(10, () => seen.push(['early', clock.now()]));
  const stop = clock.every(12, () => seen.push(['again', clock.now()]));
  await clock.advance(30);
  stop();
  await clock.advance(100);
  assert.deepEqual(seen, [
    ['early', 1010],
    ['again', 1012],
    ['again', 1024],
    ['late', 1030],
  ]);
  assert.equal(clock.now(), 1130);
  assert.equal(clock.waiting, 0);
});

test('what a sleeper does next happens within the same span', async () => {
  const clock = manualClock();
  const moments: number[] = [];
  const work = (async () => {
    for (let round = 0; round < 3; round += 1) {
      await clock.sleep(10);
      moments.push(clock.monotonic());
    }
  })();
  await clock.advance(30);
  await work;
  assert.deepEqual(moments, [10, 20, 30]);
});

test('an aborted sleep rejects with the reason and waits no more', async () => {
  const clock = manualClock();
  const abort = new AbortController();
  const asleep = clock.sleep(10, abort.signal);
  abort.abort(new Error('stop'));
  await assert.rejects(asleep, { message: 'stop' });
  await assert.rejects(clock.sleep(10, abort.signal), { message: 'stop' });
  assert.equal(clock.waiting, 0);
});

test('a suspended machine loses monotonic time, a wall clock that was set loses nothing else', async () => {
  const clock = manualClock(1000);
  let ran = false;
  clock.after(10, () => {
    ran = true;
  });
  clock.suspend(5000);
  clock.setWall(clock.now() - 1);
  assert.deepEqual([clock.now(), clock.monotonic(), ran], [5999, 0, false]);
  await clock.advance(10);
  assert.equal(ran, true);
});

test('a test can wait until somebody waits', async () => {
  const clock = manualClock();
  const two = clock.untilWaiting(2);
  clock.after(1, () => {});
  queueMicrotask(() => clock.after(2, () => {}));
  await two;
  assert.equal(clock.waiting, 2);
});
