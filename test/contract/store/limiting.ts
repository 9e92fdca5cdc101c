import assert from 'node:assert/strict';
import { isUnfinished, statuses } from '../../../src/downloads/states.ts';
import { NotPossible } from '../../../src/store/store.ts';
import { added, inState, me, now, type Promises, running } from './scene.ts';

const instance = (uid: string, host: string) => ({
  ...{ uid, host, pid: 1, role: 'serve', socketPath: `/run/${uid}`, startedAt: now, beatAt: now },
});

/** Limits that a person sets while downloads run. */
export const limitingPromises: Promises = {
  'an unfinished download gets a limit of its own, keeps its other options, and it is told': async (store) => {
    const { id } = await added(store, { options: { maxTries: 2 } });
    const limited = await store.limit(id, 500_000, now + 1);
    assert.deepEqual(limited.options, { maxTries: 2, rate: 500_000 });
    assert.deepEqual(await store.get(id), limited);
    assert.deepEqual((await store.limit(id, 'off', now)).options, { maxTries: 2, rate: 'off' });
    assert.deepEqual((await store.limit(id, 'default', now)).options, { maxTries: 2 });
    const told = await store.events({ downloadId: id, limit: 10 });
    assert.deepEqual(
      told.slice(1).map(({ kind, detail }) => [kind, detail.rate]),
      [500_000, 'off', 'default'].map((rate) => ['limited', rate]),
    );
  },

  'what has come to an end, and what is not there, cannot be limited': async (store) => {
    for (const status of statuses.filter((each) => each !== 'cleaned')) {
      const { id } = await inState(store, status);
      if (isUnfinished(status)) assert.equal((await store.limit(id, 1000, now)).status, status);
      else await assert.rejects(store.limit(id, 1000, now), NotPossible, status);
    }
    await assert.rejects(store.limit(999_999, 1000, now), NotPossible);
  },

  'the limit of all is remembered, set again, and taken away': async (store) => {
    assert.deepEqual(await store.rates('here'), { downloading: [] });
    await store.limitAll(2_000_000, now);
    await store.limitAll('off', now);
    assert.equal((await store.rates('here')).total, 'off');
    await store.limitAll('default', now);
    assert.deepEqual(await store.rates('here'), { downloading: [] });
  },

  'what the instances of one machine fetch is told, with their limits; another machine is not counted': async (
    store,
  ) => {
    await store.registerInstance(instance(me, 'here'));
    await store.registerInstance(instance('there', 'elsewhere'));
    const { claim } = await running(store, { options: { rate: 5000 } });
    const other = await running(store);
    await added(store);
    const { id, link } = claim.download;
    const { link: link2 } = other.claim.download;
    assert.deepEqual((await store.rates('here')).downloading, [
      { id, instance: me, link, category: null, rate: 5000 },
      { id: other.claim.download.id, instance: me, link: link2, category: null },
    ]);
    assert.deepEqual((await store.rates('elsewhere')).downloading, []);
    const held = { instance: me, machine: 'here', role: 'serve', host: 'host', category: null };
    assert.deepEqual(await store.leased(), [{ ...held, status: 'downloading', count: 2 }]);
    await store.change(claim.lease, { to: 'pending', why: 'window' }, now);
    assert.equal((await store.rates('here')).downloading.length, 1);
  },

  'a change of a limit wakes whoever listens': async (store) => {
    const told = Promise.withResolvers<void>();
    const { id } = await added(store);
    await Promise.resolve();
    const stop = store.onChange(() => told.resolve());
    await store.limit(id, 1000, now);
    await told.promise;
    stop();
  },
};
