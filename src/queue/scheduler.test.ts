import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../test/support/manual-clock.ts';
import { silentLog } from '../log/log.ts';
import { createScheduler, type Scheduler, type SchedulerParts } from './scheduler.ts';

/** A queue in which nothing waits, and which tells when it was looked at. */
function emptyQueue(clock: ManualClock) {
  const looks: number[] = [];
  const store = {
    leased: async () => [],
    nextDue: async () => undefined as number | undefined,
    waitForSpace: async () => {},
    callUp: async () => 0,
    async candidates() {
      looks.push(clock.now());
      return [];
    },
  };
  return { looks, store };
}

function schedulerOn(clock: ManualClock, store: object, closedUntil?: () => number): Scheduler {
  const engine = {
    ...{ clock, log: silentLog, instance: 'me' },
    volumes: { rooms: async () => new Map() },
    policy: { retry: { spaceWait: 60_000 } },
  };
  return createScheduler({
    ...{ engine, store, slots: 4, steps: 2, leaseTtl: 30_000, anyRunner: true },
    limits: { ofHost: () => undefined, ofCategory: () => undefined },
    ...(closedUntil ? { closedUntil } : {}),
  } as unknown as SchedulerParts);
}

test('changes of the store that come all the time are looked at now and then, and the last one soon', async () => {
  const clock = manualClock();
  const { looks, store } = emptyQueue(clock);
  const scheduler = schedulerOn(clock, store);
  await scheduler.start();
  for (let change = 0; change < 50; change += 1) {
    scheduler.look();
    await clock.advance(1);
  }
  const last = clock.now();
  assert.ok(looks.length >= 3 && looks.length <= 5, `${looks.length} looks`);
  await clock.advance(20);
  assert.ok((looks.at(-1) ?? 0) >= last);
  await scheduler.stop();
});

test('what is due, such as a step, is looked at also in hours in which nothing may be fetched', async () => {
  const clock = manualClock();
  const due = clock.now() + 2000;
  let called = false;
  const { looks, store } = emptyQueue(clock);
  store.nextDue = async () => (called ? undefined : due);
  store.callUp = async () => {
    called = true;
    return 1;
  };
  const scheduler = schedulerOn(clock, store, () => clock.now() + 3_600_000);
  await scheduler.start();
  await clock.advance(2500);
  assert.deepEqual(
    looks.map((at) => at - due),
    [-2000, 0],
  );
  await scheduler.stop();
});
