import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { silentLog } from '../../log/log.ts';
import { addressOf } from './address.ts';
import { Trouble } from './failure.ts';
import { createPatience } from './patience.ts';

const address = addressOf('postgres://me@127.0.0.1:1/longhaul', 'database.url');

test('a person is told once of an outage that lasts, and once when it is over; not of one that is over at once', async () => {
  const clock = manualClock();
  const told: boolean[] = [];
  const onOutage = (isAway: boolean) => void told.push(isAway);
  const patience = createPatience(address, { clock, log: silentLog, patience: 60_000, onOutage });
  const awayFor = async (ms: number) => {
    const backAt = clock.monotonic() + ms;
    const asking = Array.from({ length: 3 }, () =>
      patience.patiently(async () => {
        if (clock.monotonic() < backAt) throw new Trouble(new Error('Connection terminated unexpectedly'));
        return 'answered';
      }),
    );
    for (let step = 0; step < 200; step += 1) await clock.advance(100);
    assert.deepEqual(await Promise.all(asking), Array(3).fill('answered'));
  };
  await awayFor(300);
  assert.deepEqual(told, []);
  await awayFor(10_000);
  assert.deepEqual(told, [true, false]);
  await awayFor(3000);
  assert.deepEqual(told, [true, false, true, false]);
});
