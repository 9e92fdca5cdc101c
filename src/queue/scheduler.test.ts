import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { silentLog } from '../log/log.ts';
import { createScheduler, type SchedulerParts } from './scheduler.ts';

test('what is due, such as a step, is looked at also in hours in which nothing may be fetched', async () => {
  const clock = manualClock();
  const due = clock.now() + 2000;
  let called = false;
  const looks: number[] = [];
  const store = {
    leased: async () => [],
    nextDue: async () => (called ? undefined : due),
    waitForSpace: async () => {},
    callUp: async () => {
      called = true;
      return 1;
    },
    async candidates() {
      looks.push(clock.now());
      return [];
    },
  };
  const engine = {
    ...{ clock, log: silentLog, instance: 'me' },
    volumes: { rooms: async () => new Map() },
    policy: { retry: { spaceWait: 60_000 } },
  };
  const scheduler = createScheduler({
    ...{ engine, store, slots: 4, steps: 2, leaseTtl: 30_000, anyRunner: true },
    limits: { ofHost: () => undefined, ofCategory: () => undefined },
    closedUntil: () => clock.now() + 3_600_000,
  } as unknown as SchedulerParts);
  await scheduler.start();
  await clock.advance(2500);
  assert.deepEqual(
    looks.map((at) => at - due),
    [-2000, 0],
  );
  await scheduler.stop();
});
