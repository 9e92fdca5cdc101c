import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { type Log, silentLog } from '../log/log.ts';
import { guardProcess, supervisedClock } from './supervision.ts';

function scene() {
  const clock = manualClock();
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_facts, message) => void said.push(message) };
  return { clock, said, log };
}

test('work that fails is said, rests longer each time, and is begun again until it succeeds', async () => {
  const { clock, said, log } = scene();
  const moments: number[] = [];
  let fails = 3;
  supervisedClock(clock, log).every(100, () => {
    moments.push(clock.monotonic());
    fails -= 1;
    if (fails >= 0) throw new Error('broken');
  });
  await clock.advance(7500);
  assert.deepEqual(moments.slice(0, 5), [100, 1100, 3100, 7100, 7200]);
  assert.deepEqual(
    said.map((line) => line.match(/in (\d+) s/)?.[1]),
    ['1', '2', '4'],
  );
});

test('it never rests for more than a minute, and one that fails holds up no other', async () => {
  const { clock, said, log } = scene();
  const supervised = supervisedClock(clock, log);
  const others: number[] = [];
  supervised.every(1000, () => {
    throw new Error('broken');
  });
  supervised.every(1000, () => void others.push(1));
  await clock.advance(600_000);
  assert.equal(others.length, 600);
  assert.match(said.at(-1) ?? '', /in 60 s/);
});

test('work that is done once takes nothing along', async () => {
  const { clock, said, log } = scene();
  supervisedClock(clock, log).after(5, () => {
    throw new Error('broken');
  });
  await clock.advance(5);
  assert.equal(said.length, 1);
});

test('an error that nobody caught is said; many at once end the process in order', async () => {
  const { clock, said, log } = scene();
  const process = new EventEmitter();
  const gaveUp: string[] = [];
  const release = guardProcess(process as unknown as NodeJS.Process, {
    clock,
    log,
    giveUp: () => void gaveUp.push('now'),
  });
  for (let n = 0; n < 30; n += 1) {
    process.emit('uncaughtException', new Error('late'));
    await clock.advance(10_000);
  }
  assert.deepEqual([said.length, gaveUp], [30, []], 'six a minute are borne');
  for (let n = 0; n < 11; n += 1) process.emit('uncaughtException', new Error('late'));
  assert.ok(gaveUp.length > 0);
  release();
  assert.equal(process.listenerCount('uncaughtException'), 0);
});
