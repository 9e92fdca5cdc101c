import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { manualClock } from '../../test/support/manual-clock.ts';
import { systemClock } from './clock.ts';
import { createDeadline, extendDeadline, momentOn, since, watchDeadline } from './deadline.ts';

const hour = 3_600_000;

test('it is over when its time has gone by, and not before; extended, it begins again', async () => {
  const clock = manualClock();
  const deadline = createDeadline(momentOn(clock), 1000);
  const isOver = watchDeadline(deadline, clock);
  await clock.advance(999);
  assert.equal(isOver(), false);
  await clock.advance(1);
  assert.equal(isOver(), true);
  extendDeadline(deadline, momentOn(clock), 1000);
  assert.equal(isOver(), false);
});

test('neither a clock that was set back nor a sleep of the machine makes it longer', async () => {
  const clock = manualClock();
  const isOver = watchDeadline(createDeadline(momentOn(clock), 1000), clock);
  clock.setWall(clock.now() - hour);
  await clock.advance(1000);
  assert.equal(isOver(), true);

  const asleep = manualClock();
  const began = momentOn(asleep);
  const isOverAsleep = watchDeadline(createDeadline(began, 1000), asleep);
  asleep.suspend(1000);
  assert.equal(isOverAsleep(), true);
  assert.equal(since(began, asleep), 1000);
});

test('a clock that was set forward ends it at once: somebody who reads the same clock may take over', () => {
  const clock = manualClock();
  const isOver = watchDeadline(createDeadline(momentOn(clock), 1000), clock);
  clock.setWall(clock.now() + hour);
  assert.equal(isOver(), true);
});

test('every thread reads the same monotonic clock, so it ends everywhere at the same moment', async () => {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData).then(({ systemClock }) => parentPort.postMessage(systemClock.monotonic()));`,
    { eval: true, workerData: new URL('./clock.ts', import.meta.url).href },
  );
  const before = systemClock.monotonic();
  const there = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  assert.ok(before <= there && there <= systemClock.monotonic(), `${before} ${there}`);
  await worker.terminate();
});
