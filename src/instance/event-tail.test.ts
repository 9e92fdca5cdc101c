import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadEvent } from '../downloads/events.ts';
import { createBus } from '../events/bus.ts';
import { silentLog } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import { createEventTail } from './event-tail.ts';

/** A store with so many events; the next reading fails where `failing` says so. */
function scene(count: number) {
  const wires = { failing: false, count };
  const store = {
    lastEventId: async () => 0,
    async events({ after, limit }: { after: number; limit: number }) {
      if (wires.failing) throw new Error('locked');
      const ids = Array.from({ length: Math.min(limit, wires.count - after) }, (_, index) => after + 1 + index);
      return ids.map((id) => ({ id }) as DownloadEvent);
    },
  } as unknown as Store;
  const bus = createBus<DownloadEvent>(silentLog);
  const told: number[] = [];
  bus.listen(({ id }) => void told.push(id));
  return { tail: createEventTail(store, bus, silentLog), told, wires };
}

test('more events than one reading holds are all told, once and in order', async () => {
  const { tail, told } = scene(1234);
  await tail.start();
  tail.look();
  await tail.drain();
  assert.deepEqual(
    told,
    Array.from({ length: 1234 }, (_, index) => index + 1),
  );
});

test('events that could not be read are told by the next look', async () => {
  const { tail, told, wires } = scene(3);
  await tail.start();
  wires.failing = true;
  tail.look();
  await tail.drain();
  assert.deepEqual(told, []);
  wires.failing = false;
  tail.look();
  await tail.drain();
  assert.deepEqual(told, [1, 2, 3]);
});
