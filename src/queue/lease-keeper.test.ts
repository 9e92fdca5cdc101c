import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { StopOrder } from '../engine/stop.ts';
import { silentLog } from '../log/log.ts';
import type { Checkpoint, Pulse, Store } from '../store/store.ts';
import { createDeadline, momentOn } from '../time/deadline.ts';
import { LeaseKeeper, trustedFor } from './lease-keeper.ts';

const ttl = 30_000;
const heartbeat = 10_000;

/** A keeper over runs that only count their stops, and a store that only counts pulses. */
function scene() {
  const clock = manualClock();
  const runs = new Map<number, Run>();
  const pulses: Pulse[] = [];
  const stopped: number[] = [];
  const wires = { storeFails: false };
  const store = {
    async pulse(pulse: Pulse) {
      if (wires.storeFails) throw new Error('locked');
      pulses.push(pulse);
      return { lost: [], wishes: new Map() };
    },
  } as unknown as Store;
  const engine = { clock, log: silentLog, instance: 'me' } as unknown as EngineParts;
  const keeper = new LeaseKeeper({ engine, store, runs, ttl, heartbeat });
  return {
    clock,
    pulses,
    stopped,
    wires,
    keeper,
    /** `lingers`: when it is stopped it takes its time. */
    begin(id: number, checkpoint: () => Promise<readonly Checkpoint[]> = async () => [], lingers = false) {
      const claim = { lease: { id, token: 1 }, leaseUntil: clock.now() + ttl, download: { id } };
      let order: StopOrder | undefined;
      const stop = (given: StopOrder) => {
        order = given;
        stopped.push(id);
        if (!lingers) runs.delete(id);
      };
      const deadline = createDeadline(momentOn(clock), trustedFor(ttl));
      const run = {
        ...{ claim, stop, checkpoint, deadline },
        get order() {
          return order;
        },
      };
      runs.set(id, run as unknown as Run);
    },
  };
}

test('a lease is renewed by each heartbeat, and then never given up', async () => {
  const { clock, keeper, begin, pulses, stopped } = scene();
  await keeper.start();
  begin(1);
  await clock.advance(5 * ttl);
  assert.deepEqual(stopped, []);
  assert.ok(pulses.length >= 14, `${pulses.length} pulses`);
  await keeper.stop();
});

test('a lease that cannot be renewed is given up before it ends', async () => {
  const { clock, keeper, begin, stopped, wires } = scene();
  await keeper.start();
  wires.storeFails = true;
  begin(1);
  await clock.advance(ttl - 5200);
  assert.deepEqual(stopped, []);
  await clock.advance(400);
  assert.deepEqual(stopped, [1]);
  await keeper.stop();
});

test('a lease that was given up is not renewed, however long its run takes to end', async () => {
  const { clock, keeper, begin, pulses, stopped, wires } = scene();
  await keeper.start();
  wires.storeFails = true;
  begin(1, undefined, true);
  await clock.advance(ttl - 4000);
  assert.ok(stopped.length > 0);
  wires.storeFails = false;
  begin(2);
  await clock.advance(2 * ttl);
  assert.deepEqual([...new Set(pulses.flatMap(({ leases }) => leases.map(({ id }) => id)))], [2]);
  await keeper.stop();
});

test('it is given up after a sleep of the machine, and also where the wall clock was set back', async () => {
  const asleep = scene();
  await asleep.keeper.start();
  asleep.begin(1);
  await asleep.clock.advance(200);
  asleep.clock.suspend(ttl);
  asleep.wires.storeFails = true;
  await asleep.clock.advance(200);
  assert.deepEqual(asleep.stopped, [1]);

  const setBack = scene();
  await setBack.keeper.start();
  setBack.begin(1);
  await setBack.clock.advance(200);
  setBack.clock.setWall(setBack.clock.now() - 3_600_000);
  setBack.wires.storeFails = true;
  await setBack.clock.advance(ttl);
  assert.deepEqual(setBack.stopped, [1]);
});

test('a new download does not suffer from the age of an old renewal', async () => {
  const { clock, keeper, begin, stopped, wires } = scene();
  await keeper.start();
  wires.storeFails = true;
  begin(1);
  await clock.advance(20_000);
  begin(2);
  await clock.advance(6000);
  assert.deepEqual(stopped, [1]);
  await keeper.stop();
});

test('a disk that hangs holds up neither heartbeats, nor the checkpoints of others, nor giving up', async () => {
  const { clock, keeper, begin, pulses, stopped, wires } = scene();
  await keeper.start();
  begin(1, () => new Promise(() => {}));
  const checkpoint: Checkpoint = { lease: { id: 2, token: 1 }, fileId: 7, ranges: [[0, 5]] };
  begin(2, async () => [checkpoint]);
  await clock.advance(heartbeat + 200);
  assert.ok(pulses.some(({ leases }) => leases.length === 2));
  assert.ok(pulses.some(({ checkpoints }) => checkpoints.includes(checkpoint)));
  wires.storeFails = true;
  await clock.advance(ttl);
  assert.deepEqual(stopped.toSorted(), [1, 2]);
  await keeper.stop();
});
