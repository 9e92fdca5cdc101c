import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, silentLog } from '../log/log.ts';
import { createBus } from './bus.ts';

function countingLog() {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_facts, message) => warnings.push(message) };
  return { log, warnings };
}

test('a listener that throws stops neither the teller nor the others', () => {
  const { log, warnings } = countingLog();
  const bus = createBus<number>(log);
  const heard: number[] = [];
  bus.listen(() => {
    throw new Error('bad listener');
  });
  bus.listen((message) => void heard.push(message));
  bus.tell(1);
  bus.tell(2);
  assert.deepEqual(heard, [1, 2]);
  assert.equal(warnings.length, 2);
});

test('a listener whose promise rejects is noticed, too', async () => {
  const { log, warnings } = countingLog();
  const bus = createBus<number>(log);
  bus.listen(() => Promise.reject(new Error('late')));
  bus.tell(1);
  await new Promise(setImmediate);
  assert.equal(warnings.length, 1);
});

test('after ten failures in a row a listener is dropped, one success starts the count again', () => {
  const bus = createBus<'good' | 'bad'>(silentLog);
  let calls = 0;
  bus.listen((message) => {
    calls += 1;
    if (message === 'bad') throw new Error('bad');
  });
  for (let i = 0; i < 9; i += 1) bus.tell('bad');
  bus.tell('good');
  for (let i = 0; i < 20; i += 1) bus.tell('bad');
  assert.equal(calls, 20, 'nine failures, one success, ten failures');
  assert.equal(bus.idle, true);
});

test('whoever unsubscribed hears nothing more', () => {
  const bus = createBus<number>(silentLog);
  let calls = 0;
  const stop = bus.listen(() => {
    calls += 1;
  });
  bus.tell(1);
  stop();
  stop();
  bus.tell(2);
  assert.equal(calls, 1);
});
