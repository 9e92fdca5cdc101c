import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { catchInterrupts } from './interrupts.ts';

function caught() {
  const process = new EventEmitter() as unknown as NodeJS.Process & EventEmitter;
  const time = { now: 1000 };
  return { process, time, interrupts: catchInterrupts(process, { monotonic: () => time.now }) };
}

test('the first signal asks to finish, a later one to end at once, whichever they are', async () => {
  const { process, time, interrupts } = caught();
  assert.equal(interrupts.signal.aborted, false);
  process.emit('SIGTERM');
  assert.equal(interrupts.signal.aborted, true);
  time.now += 1000;
  process.emit('SIGINT');
  await interrupts.again;
});

test('one Ctrl-C that comes twice at once, from the terminal and its launcher, counts once', async () => {
  const { process, time, interrupts } = caught();
  process.emit('SIGINT');
  time.now += 5;
  process.emit('SIGINT');
  assert.equal(await Promise.race([interrupts.again.then(() => 'twice'), Promise.resolve('once')]), 'once');
  time.now += 1000;
  process.emit('SIGINT');
  await interrupts.again;
});

test('released, nothing is listened to any more', () => {
  const { process, interrupts } = caught();
  interrupts.release();
  interrupts.release();
  assert.equal(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM') + process.listenerCount('SIGHUP'), 0);
});

test('where a hang-up has a meaning of its own it does not ask for the end', () => {
  const process = new EventEmitter() as unknown as NodeJS.Process & EventEmitter;
  const reloads: string[] = [];
  const interrupts = catchInterrupts(process, { monotonic: () => 0 }, () => void reloads.push('now'));
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  assert.deepEqual([reloads.length, interrupts.signal.aborted], [2, false]);
  process.emit('SIGTERM');
  assert.equal(interrupts.signal.aborted, true);
  interrupts.release();
  assert.equal(process.listenerCount('SIGHUP'), 0);
});
