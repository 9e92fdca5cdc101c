import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';

test('an aborted sleep ends at once with the reason', async () => {
  const abort = new AbortController();
  const asleep = systemClock.sleep(60_000, abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await assert.rejects(asleep, (error) => error === reason);
});

test('a wait longer than a platform timer can take does not end at once', async () => {
  let early = false;
  const note = () => {
    early = true;
  };
  const cancels = [systemClock.after(2 ** 40, note), systemClock.every(2 ** 40, note)];
  await systemClock.sleep(5);
  for (const cancel of cancels) cancel();
  assert.equal(early, false);
});

test('a repeated call stops when it is told to', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const stop = systemClock.every(1, () => {
    calls += 1;
    if (calls === 3) {
      stop();
      resolve();
    }
  });
  await Promise.all([promise, systemClock.sleep(20)]);
  assert.equal(calls, 3);
});
