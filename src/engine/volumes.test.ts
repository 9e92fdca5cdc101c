import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMedium, type Medium } from '../../test/support/medium.ts';
import { simulatedDisk } from '../../test/support/simulated-disk.ts';
import type { Download } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { NeededRoom, WaitedRoom } from '../store/queue-facts.ts';
import { systemClock } from '../time/clock.ts';
import { createVolumes, type RoomNeeded, type Volumes } from './volumes.ts';

const MiB = 2 ** 20;

function stage(
  more: { headroom?: number; elsewhere?: readonly NeededRoom[]; waited?: () => readonly WaitedRoom[] } = {},
): {
  volumes: Volumes;
  medium: Medium;
} {
  const medium = createMedium();
  medium.capacity = 16 * MiB;
  medium.put('/d/x', Buffer.alloc(0));
  const store = {
    neededElsewhere: async () => more.elsewhere ?? [],
    roomWaitedFor: async () => more.waited?.() ?? [],
  };
  const disk = simulatedDisk(medium);
  return {
    volumes: createVolumes({ disk, store, clock: systemClock, instance: 'me', headroom: more.headroom ?? 0 }),
    medium,
  };
}

function needs(bytes: number, more: Partial<Download> = {}): RoomNeeded & { bytes: number } {
  const download = { id: 5, directory: '/d', totalBytes: bytes, lockedAt: 100, ...more } as Download;
  return {
    bytes,
    claim: { download },
    missing() {
      return this.bytes;
    },
  };
}

const noSpace = (error: unknown) => error instanceof Failure && error.class === 'no_space';

test('of two that do not fit together the first begins, and the second when the first is done', async () => {
  const { volumes } = stage();
  const [first, second] = [needs(10 * MiB), needs(10 * MiB)];
  await volumes.reserve(first);
  await volumes.reserve(first);
  await assert.rejects(volumes.reserve(second), noSpace);
  volumes.release(first);
  await volumes.reserve(second);
});

test('of two that ask at the same moment, only one is promised the room', async () => {
  const { volumes } = stage();
  const asked = await Promise.allSettled([volumes.reserve(needs(10 * MiB)), volumes.reserve(needs(10 * MiB))]);
  assert.deepEqual(asked.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
});

test('what a run has written is counted once: as space that is gone, and not as needed any more', async () => {
  const { volumes, medium } = stage();
  const first = needs(10 * MiB);
  await volumes.reserve(first);
  medium.put('/d/first', Buffer.alloc(6 * MiB));
  first.bytes = 4 * MiB;
  await volumes.reserve(needs(6 * MiB));
  await assert.rejects(volumes.reserve(needs(1)), noSpace);
});

test('the headroom stays free, and the sentence says what is missing', async () => {
  const { volumes } = stage({ headroom: 2 * MiB });
  await assert.rejects(volumes.reserve(needs(15 * MiB)), {
    class: 'no_space',
    message: '/d has 17 MB free, this needs 16 MB, 2.1 MB shall stay free; it goes on by itself when there is space',
  });
  await volumes.reserve(needs(14 * MiB));
});

test('what needs no more bytes goes on even where nothing is free', async () => {
  const { volumes, medium } = stage({ headroom: MiB });
  medium.put('/d/all', Buffer.alloc(16 * MiB));
  await volumes.reserve(needs(0));
  await assert.rejects(volumes.reserve(needs(1, { totalBytes: null })), noSpace);
});

test('downloads of other processes are counted when they began before', async () => {
  const elsewhere = (lockedAt: number, id: number) => [{ id, directory: '/d', bytes: 10 * MiB, lockedAt }];
  await assert.rejects(stage({ elsewhere: elsewhere(99, 9) }).volumes.reserve(needs(10 * MiB)), noSpace);
  await assert.rejects(stage({ elsewhere: elsewhere(100, 4) }).volumes.reserve(needs(10 * MiB)), noSpace);
  await stage({ elsewhere: elsewhere(100, 6) }).volumes.reserve(needs(10 * MiB));
  await stage({ elsewhere: elsewhere(101, 4) }).volumes.reserve(needs(10 * MiB));
});

test('where space ran out, it is told how much there is now', async () => {
  const { volumes, medium } = stage();
  assert.deepEqual(await volumes.rooms(), new Map());
  assert.equal(volumes.isShort('/d'), false);
  await assert.rejects(volumes.reserve(needs(20 * MiB)), noSpace);
  assert.equal(volumes.isShort('/d'), true);
  await volumes.reserve(needs(12 * MiB));
  assert.deepEqual(await volumes.rooms(), new Map([['/d', { begun: 4 * MiB, fresh: 4 * MiB }]]));
  medium.capacity = 8 * MiB;
  assert.deepEqual(await volumes.rooms(), new Map([['/d', { begun: 0, fresh: 0 }]]));
});

test('a folder that is still to be made counts as where it will be', async () => {
  const { volumes } = stage();
  await assert.rejects(volumes.reserve(needs(20 * MiB, { directory: '/d/new/deep' })), noSpace);
  assert.deepEqual(await volumes.rooms(), new Map([['/d/new/deep', { begun: 16 * MiB, fresh: 16 * MiB }]]));
  await volumes.ranOut('/elsewhere');
  assert.equal((await volumes.rooms()).get('/elsewhere')?.fresh, 16 * MiB);
});

test('room that downloads wait for which have begun is not given to one that has not, and the sentence says so', async () => {
  const waited = [5, 5, 20].map((size) => ({ directory: '/d', bytes: size * MiB }));
  const { volumes } = stage({ waited: () => waited });
  const fresh = { bytesDownloaded: 0 };
  await volumes.reserve(needs(16 * MiB, fresh));
  const again = stage({ waited: () => waited });
  await again.volumes.ranOut('/d');
  assert.deepEqual(await again.volumes.rooms(), new Map([['/d', { begun: 16 * MiB, fresh: 6 * MiB }]]));
  await assert.rejects(again.volumes.reserve(needs(7 * MiB, fresh)), {
    class: 'no_space',
    message:
      '/d has 17 MB free, this needs 7.3 MB, others that have begun wait for 10 MB; it goes on by itself when there is space',
  });
  await again.volumes.reserve(needs(6 * MiB, fresh));
  await again.volumes.reserve(needs(10 * MiB, { bytesDownloaded: 1 }));
});

test('property: where those that have begun fit together, each gets its room, in whatever order all of them ask', async () => {
  const one = fc.record({ bytes: fc.integer({ min: 1, max: 12 * MiB }), begun: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 8 }), async (asking) => {
      const waiting = new Set(asking.filter(({ begun }) => begun));
      const fitTogether = [...waiting].reduce((sum, { bytes }) => sum + bytes, 0) <= 16 * MiB;
      const { volumes } = stage({ waited: () => [...waiting].map(({ bytes }) => ({ directory: '/d', bytes })) });
      await volumes.ranOut('/d');
      for (const each of asking) {
        waiting.delete(each);
        const asked = volumes.reserve(needs(each.bytes, { bytesDownloaded: each.begun ? 1 : 0 }));
        if (each.begun && fitTogether) await asked;
        else await asked.catch((error) => assert.ok(noSpace(error)));
      }
    }),
    { numRuns: 200 },
  );
});
