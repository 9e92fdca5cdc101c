import assert from 'node:assert/strict';
import type { Store } from '../../../src/store/store.ts';
import { added, delivered, me, now, type Promises, present, running, ttl } from './scene.ts';

const other = 'instance-b';
const seed = '1.5,1m';
const goal = { ratio: 1.5, time: 60_000 } as const;

/** Completed, and to be seeded. */
async function toBeSeeded(store: Store, runner: string | null = null): Promise<number> {
  const { claim } = await running(store, { source: 'torrent', runner });
  await store.change(claim.lease, delivered, now);
  await store.change(claim.lease, { to: 'completed', seed }, now);
  return claim.download.id;
}

const free = (store: Store, at = now, runner = me, anyRunner = true) =>
  store.toSeed({ runner, anyRunner, now: at, limit: 10 });

/** What is sent to others after its delivery, under a lease of its own. */
export const seedingPromises: Promises = {
  'a completed download is seeded by one instance, without a slot, until its lease ends': async (store) => {
    const id = await toBeSeeded(store);
    assert.deepEqual(await free(store), [id]);
    const claim = present(await store.claimSeed(id, me, now + ttl, now));
    assert.deepEqual(claim.download.seeding?.goal, goal);
    assert.equal(claim.files.length, 1);
    assert.equal(claim.download.status, 'completed');
    assert.deepEqual(await store.leased(), []);
    assert.deepEqual([await free(store), await store.claimSeed(id, other, now + ttl, now)], [[], undefined]);
    assert.deepEqual(await store.seedsOf(me), [claim.lease]);
    assert.deepEqual(await free(store, now + ttl + 1), [id], 'its lease has ended');
    const taken = present(await store.claimSeed(id, other, now + 2 * ttl, now + ttl + 1));
    assert.equal(taken.lease.token, claim.lease.token + 1);
  },

  'for how long it is seeded is changed while it comes, while it is seeded, and when it has ended': async (store) => {
    const { claim } = await running(store, { source: 'torrent' });
    const { id } = claim.download;
    assert.equal((await store.set(id, { seed: '2' }, now)).options.seed, '2');
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'completed', seed }, now);
    assert.deepEqual(present(await store.get(id)).seeding?.goal, { ratio: 2 }, 'what was said last');
    const { lease } = present(await store.claimSeed(id, me, now + ttl, now));
    await store.pulseSeeds({ instance: me, seeds: [{ lease, uploaded: 400, time: 5 }], leaseUntil: now + ttl });
    assert.partialDeepStrictEqual(await store.set(id, { seed: '3,2h' }, now), {
      status: 'completed',
      options: { seed: '3,2h' },
      seeding: { state: 'on', goal: { ratio: 3, time: 7_200_000 }, uploaded: 400, lockedBy: null },
    });
    assert.deepEqual(await store.seedsOf(me), [], 'who seeds it for the old goal is told so');
    await store.releaseSeed({ lease, uploaded: 450, time: 6 });
    const ended = (await store.set(id, { seed: 'off' }, now)).seeding;
    assert.partialDeepStrictEqual(ended, { state: 'ended', uploaded: 450 });
    assert.deepEqual(await free(store), []);
    const again = (await store.set(id, { seed: 'forever' }, now)).seeding;
    assert.partialDeepStrictEqual(again, { state: 'on', goal: {}, uploaded: 450, message: null });
    assert.deepEqual(await free(store), [id]);
    await assert.rejects(store.set(id, { seed: '1', priority: 3 }, now), /only what is unfinished/);
    const last = (await store.events({ downloadId: id, limit: 100 })).at(-1);
    assert.partialDeepStrictEqual(last, { kind: 'changed', detail: { seed: 'forever' } });
  },

  'how far seeding has come is kept, and who lost the lease writes nothing any more': async (store) => {
    const id = await toBeSeeded(store);
    const { lease } = present(await store.claimSeed(id, me, now + ttl, now));
    const pulse = (uploaded: number, instance = me) =>
      store.pulseSeeds({ instance, seeds: [{ lease, uploaded, time: uploaded * 2 }], leaseUntil: now + 2 * ttl });
    assert.deepEqual(await pulse(400), []);
    assert.deepEqual(await free(store, now + ttl + 1), [], 'it was renewed');
    const seeded = async () => present(await store.get(id)).seeding;
    assert.partialDeepStrictEqual(await seeded(), { uploaded: 400, time: 800, lockedBy: me, state: 'on' });
    const next = present(await store.claimSeed(id, other, now + 4 * ttl, now + 3 * ttl));
    assert.deepEqual(await pulse(9999), [lease]);
    assert.equal(await store.endSeed({ lease, uploaded: 9999, time: 1 }, 'enough', now), false);
    await store.releaseSeed({ lease, uploaded: 9999, time: 1 });
    assert.partialDeepStrictEqual(await seeded(), { uploaded: 400, lockedBy: other });
    assert.equal(await store.endSeed({ lease: next.lease, uploaded: 1500, time: 9 }, 'enough', now), true);
    assert.partialDeepStrictEqual(await seeded(), {
      state: 'ended',
      uploaded: 1500,
      message: 'enough',
      lockedBy: null,
    });
    const last = (await store.events({ downloadId: id, limit: 100 })).at(-1);
    assert.partialDeepStrictEqual(last, { kind: 'seeding', detail: { message: 'enough' } });
    assert.deepEqual(await free(store, now + 10 * ttl), []);
  },

  'seeding is paused, resumed and ended by a person, which takes the lease away': async (store) => {
    const id = await toBeSeeded(store);
    const { lease } = present(await store.claimSeed(id, me, now + ttl, now));
    const ask = (wish: 'pause' | 'resume' | 'cancel', more = {}) => store.wish(id, { wish, ...more }, now);
    const { download, obeyed } = await ask('pause');
    assert.deepEqual([obeyed, download.status, download.seeding?.state], [true, 'completed', 'paused']);
    assert.deepEqual([await store.seedsOf(me), await free(store)], [[], []]);
    await store.releaseSeed({ lease, uploaded: 70, time: 7 });
    assert.equal(present(await store.get(id)).seeding?.uploaded, 70, 'what was sent until then counts');
    await assert.rejects(ask('pause'), /is paused already/);
    await ask('resume');
    await assert.rejects(ask('resume'), /nothing is left to resume/);
    assert.deepEqual(await free(store), [id]);
    await assert.rejects(ask('cancel', { deleteFiles: true }), /only ends the seeding/);
    assert.equal((await ask('cancel')).download.seeding?.state, 'ended');
    assert.deepEqual(await free(store), []);
    await assert.rejects(ask('cancel'), /completed; only what is/);
  },

  'what is seeded is not cleaned, and what is removed is not seeded': async (store) => {
    const id = await toBeSeeded(store);
    const turn = { chore: 'tidy', owner: 'me' };
    await store.takeTurn(turn, now - 60_000, now);
    const clean = () => store.clean(turn, id, { rule: 'max_files', limit: 1 }, now);
    assert.equal(await clean(), undefined);
    await store.wish(id, { wish: 'pause' }, now);
    assert.equal(await clean(), undefined);
    const second = await toBeSeeded(store);
    await store.wish(second, { wish: 'remove' }, now);
    assert.deepEqual(await free(store), []);
    await store.wish(id, { wish: 'cancel' }, now);
    assert.equal(typeof (await clean()), 'object');
    assert.equal(
      (await store.wish(id, { wish: 'retry' }, now)).download.seeding,
      null,
      'another delivery, another seeding',
    );
  },

  'the key of a torrent is needed while any row has it': async (store) => {
    const [key, other] = [`magnet:btih:${'a'.repeat(40)}`, `magnet:btih:${'b'.repeat(40)}`];
    const torrent = { source: 'torrent', linkKey: key, link: key };
    const one = await added(store, torrent);
    const two = await added(store, { ...torrent, ifExists: 'new' });
    assert.deepEqual(await store.unneededKeys([key, other]), [other]);
    await store.wish(one.id, { wish: 'remove' }, now);
    assert.deepEqual(await store.unneededKeys([key]), []);
    await store.wish(two.id, { wish: 'cancel' }, now);
    assert.deepEqual(await store.unneededKeys([key]), [], 'it may be tried again');
    await store.wish(two.id, { wish: 'remove' }, now);
    assert.deepEqual(await store.unneededKeys([key]), [key]);
  },

  'what a dead instance seeded is free at once, and a get seeds only its own': async (store) => {
    const id = await toBeSeeded(store, me);
    await toBeSeeded(store);
    await store.claimSeed(id, me, now + ttl, now);
    await store.rescue({ dead: [me], expiredBefore: now }, now);
    assert.deepEqual(await free(store, now, me, false), [id]);
    assert.deepEqual(await free(store, now, other, false), []);
    assert.equal((await free(store)).length, 2);
  },
};
