import assert from 'node:assert/strict';
import type { InstanceRow } from '../../../src/store/store.ts';
import {
  added,
  anybody,
  checkpoint,
  claimed,
  delivered,
  inState,
  mark,
  me,
  now,
  type Promises,
  present,
  retryAt,
  running,
  ttl,
} from './scene.ts';

const who = { runner: me, anyRunner: true };

const instance = (uid: string): InstanceRow => ({
  uid,
  host: 'here',
  pid: 1,
  role: 'serve',
  socketPath: `/run/${uid}`,
  startedAt: now,
  beatAt: now,
});

/** How work is given out, and taken back. */
export const claimingPromises: Promises = {
  'a claim takes the lease, opens an attempt and tells of it': async (store) => {
    const { id } = await added(store);
    const claim = present(await store.claim(id, me, now + ttl, now));
    assert.deepEqual(claim.lease, { id, token: 1 });
    assert.equal(claim.leaseUntil, now + ttl);
    const facts = {
      status: 'downloading',
      lockedBy: me,
      lockedAt: now,
      leaseUntil: now + ttl,
      leaseToken: 1,
      startedAt: now,
    };
    assert.partialDeepStrictEqual(claim.download, facts);
    assert.deepEqual(await store.get(id), claim.download);
    const [attempt] = await store.attempts(id);
    assert.partialDeepStrictEqual(attempt, { token: 1, instance: me, fromBytes: 0, endedAt: null, outcome: null });
    const [, event] = await store.events({ downloadId: id, limit: 10 });
    assert.partialDeepStrictEqual(event, { kind: 'state', from: 'pending', to: 'downloading' });
  },

  'those that wait for space and need more than there is wait on; nothing is told of it': async (store) => {
    const waits = async (directory: string, bytes = 600) => {
      const { claim, fileId } = await running(store, { directory });
      if (bytes > 0) await checkpoint(store, claim.lease, fileId, bytes);
      await store.change(claim.lease, { ...retryAt(now, { counts: false }), reason: 'no_space' }, now);
      return claim.download.id;
    };
    const [small, other, fresh] = [await waits('/small'), await waits('/other'), await waits('/small', 0)];
    const { id: backoff } = await inState(store, 'retrying');
    const last = await store.lastEventId();
    assert.deepEqual(
      (await store.roomWaitedFor()).toSorted((a, b) => a.directory.localeCompare(b.directory)),
      ['/other', '/small'].map((directory) => ({ directory, bytes: 400 })),
      'only of those that have begun',
    );
    await store.waitForSpace(new Map([['/small', { begun: 399, fresh: 1000 }]]), now + 30_000, now);
    assert.equal((await store.get(small))?.nextAttemptAt, now + 30_000);
    assert.equal((await store.get(fresh))?.nextAttemptAt, now, 'there is room to begin');
    assert.equal((await store.get(other))?.nextAttemptAt, now, 'another folder');
    assert.equal((await store.get(backoff))?.nextAttemptAt, now + 60_000, 'waits for something else');
    assert.equal(await store.lastEventId(), last);
    await store.waitForSpace(
      new Map([
        ['/small', { begun: 400, fresh: 999 }],
        ['/other', { begun: Number.POSITIVE_INFINITY, fresh: 0 }],
      ]),
      now + 90_000,
      now + 30_000,
    );
    assert.equal((await store.get(small))?.nextAttemptAt, now + 30_000, 'there is room for it');
    assert.equal((await store.get(other))?.nextAttemptAt, now);
    assert.equal((await store.get(fresh))?.nextAttemptAt, now + 90_000, 'the room is kept for who has begun');
  },

  'what other instances have still to write is told while they hold it': async (store) => {
    const { claim, fileId } = await running(store, { directory: '/d' });
    await checkpoint(store, claim.lease, fileId, 600);
    await claimed(store, (await added(store)).id);
    assert.deepEqual(await store.neededElsewhere(me), []);
    const { id } = claim.download;
    assert.deepEqual(await store.neededElsewhere('other'), [{ id, directory: '/d', lockedAt: now, bytes: 400 }]);
    await store.change(claim.lease, { to: 'paused' }, now);
    assert.deepEqual(await store.neededElsewhere('other'), []);
  },

  'of twenty who claim one download at once, one gets it': async (store) => {
    const { id } = await added(store);
    const claims = await Promise.all(Array.from({ length: 20 }, (_, n) => store.claim(id, `i${n}`, now + ttl, now)));
    assert.equal(claims.filter(Boolean).length, 1);
    assert.equal((await store.attempts(id)).length, 1);
  },

  'only what waits for its turn, or whose next try is due, can be claimed': async (store) => {
    for (const status of ['downloading', 'processing', 'paused', 'completed', 'failed', 'cancelled'] as const) {
      assert.equal(await store.claim((await inState(store, status)).id, 'other', now + ttl, now), undefined, status);
    }
    const { id } = await inState(store, 'retrying');
    assert.equal(await store.claim(id, me, now + ttl, now + 59_999), undefined);
    const claim = present(await store.claim(id, me, now + ttl, now + 60_000));
    assert.partialDeepStrictEqual(claim.download, {
      waitingFor: null,
      nextAttemptAt: null,
      leaseToken: 2,
      startedAt: now,
    });
    assert.equal(claim.files[0]?.durable[0]?.[1], 600, 'it goes on from what is durable');
    assert.equal(await store.claim(999, me, now + ttl, now), undefined);
  },

  'a download whose bytes are in place goes on with the steps after them': async (store) => {
    const { claim } = await running(store);
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'pending', why: 'shutdown' }, now);
    assert.equal((await claimed(store, claim.download.id)).download.status, 'processing');
  },

  'candidates come by priority, then oldest first, and only when due': async (store) => {
    const low = await added(store);
    const later = await inState(store, 'retrying');
    const high = await added(store, { priority: 5 });
    const low2 = await added(store);
    await inState(store, 'paused');
    const ids = async (limit = 100) => (await store.candidates({ ...anybody, limit })).map(({ id }) => id);
    assert.deepEqual(await ids(), [high.id, low.id, low2.id]);
    assert.deepEqual(await ids(1), [high.id], 'of one priority after the other, until there are enough');
    assert.equal(await store.nextDue(who), now + 60_000);
    assert.equal(await store.callUp({ ...who, now: now + 59_999, limit: 10 }), 0);
    assert.equal(await store.callUp({ ...who, now: now + 60_000, limit: 10 }), 1);
    assert.deepEqual(await ids(), [high.id, low.id, later.id, low2.id]);
    assert.equal(await store.nextDue(who), undefined);
    const claim = present(await store.claim(later.id, me, now + ttl, now - 999_999));
    assert.equal(
      claim.download.status,
      'downloading',
      'whoever stands in the queue is taken, also when the clock goes back',
    );
  },

  'a runner is offered its own, and with anyRunner what is nobody’s or of the dead': async (store) => {
    await store.registerInstance(instance('alive'));
    await store.registerInstance(instance(me));
    const mine = await added(store, { runner: me });
    const free = await added(store);
    const dead = await added(store, { runner: 'dead' });
    const other = await added(store, { runner: 'alive' });
    const ids = async (anyRunner: boolean) =>
      (await store.candidates({ ...anybody, anyRunner })).map(({ id }) => id).toSorted();
    assert.deepEqual(await ids(false), [mine.id]);
    assert.equal(await store.freeOrphans(10), 1);
    assert.deepEqual(await ids(true), [mine.id, free.id, dead.id]);
    assert.deepEqual(await ids(false), [mine.id]);
    await store.forgetInstance('alive', now);
    assert.deepEqual(await ids(true), [mine.id, free.id, dead.id, other.id]);
    const { claim } = await running(store);
    await store.change(claim.lease, retryAt(now + 5), now);
    assert.equal(await store.nextDue({ runner: me, anyRunner: false }), undefined);
    assert.equal(await store.nextDue({ runner: me, anyRunner: true }), now + 5);
  },

  'instances are registered, told and forgotten': async (store) => {
    await store.registerInstance(instance('a'));
    await store.registerInstance({ ...instance('a'), beatAt: now + 1 });
    assert.deepEqual(await store.instances(), [{ ...instance('a'), beatAt: now + 1 }]);
    const { id } = await added(store);
    await claimed(store, id, 'a');
    await store.forgetInstance('a', now);
    assert.deepEqual(await store.instances(), []);
    assert.equal((await store.get(id))?.status, 'pending', 'what it held is free');
    await store.forgetInstance('a', now);
  },

  'who is only silent is forgotten, and keeps what it holds until its lease ends': async (store) => {
    await store.registerInstance(instance('silent'));
    const held = await claimed(store, (await added(store)).id, 'silent', now);
    const waits = await added(store, { runner: 'silent' });
    const rescue = (at: number) => store.rescue({ dead: [], silent: ['silent'], expiredBefore: at }, at);
    assert.deepEqual(await rescue(now), []);
    assert.deepEqual(await store.instances(), []);
    assert.equal((await store.get(waits.id))?.runner, null);
    assert.equal((await store.change(held.lease, { to: 'pending', why: 'shutdown' }, now))?.status, 'pending');
    await claimed(store, held.lease.id, 'silent', now);
    assert.equal((await rescue(now + ttl + 1)).length, 1);
  },

  'what the dead held, and leases that ran out, are pending again: not a retry': async (store) => {
    await store.registerInstance(instance('dead'));
    const ofDead = await claimed(store, (await added(store)).id, 'dead', now);
    const expired = await claimed(store, (await added(store)).id, 'slow', now - 2 * ttl);
    const alive = await claimed(store, (await added(store)).id, 'alive', now);
    const rescued = await store.rescue({ dead: ['dead'], expiredBefore: now }, now);
    assert.deepEqual(rescued.map(({ id }) => id).sort(), [ofDead.lease.id, expired.lease.id].sort());
    for (const download of rescued) {
      assert.partialDeepStrictEqual(download, {
        status: 'pending',
        lockedBy: null,
        leaseUntil: null,
        retryCount: 0,
        triesInVain: 0,
      });
      assert.deepEqual(await store.get(download.id), download);
      assert.partialDeepStrictEqual((await store.attempts(download.id))[0], { outcome: 'lost', endedAt: now });
    }
    assert.equal((await store.get(alive.lease.id))?.status, 'downloading');
    assert.deepEqual(await store.instances(), [], 'the dead are forgotten');
    assert.deepEqual(await store.rescue({ dead: ['dead'], expiredBefore: now }, now), []);
  },

  'a name belongs to one registered instance at a time, and is free when that one is forgotten': async (store) => {
    const row = { host: 'h', pid: 1, role: 'serve', socketPath: '', startedAt: now, beatAt: now };
    await store.registerInstance({ ...row, uid: 'a' });
    await store.registerInstance({ ...row, uid: 'b' });
    assert.equal(await store.takeName('nas', 'a', now), undefined);
    assert.equal(await store.takeName('nas', 'a', now), undefined, 'again, by the same');
    assert.equal((await store.takeName('nas', 'b', now))?.uid, 'a');
    assert.equal(await store.takeName('other', 'b', now), undefined);
    const both = await Promise.all(['a', 'b'].map((uid) => store.takeName('race', uid, now)));
    assert.equal(both.filter((holder) => holder === undefined).length, 1);
    await store.forgetInstance('a', now);
    assert.equal(await store.takeName('nas', 'b', now), undefined);
    await store.forgetInstance('b', now);
  },

  'whoever lost the lease can write nothing any more': async (store) => {
    const { claim, fileId } = await running(store);
    const { lease } = claim;
    await store.rescue({ dead: [me], expiredBefore: 0 }, now);
    const check = async () => {
      const before = [await store.get(lease.id), await store.files(lease.id), await store.lastEventId()];
      assert.equal(await store.change(lease, { to: 'paused' }, now), undefined);
      assert.equal(await store.change(lease, delivered, now), undefined);
      assert.equal(await store.recordPartial(lease, fileId, '/p', now), 'lost');
      const verified = { ...mark, finalPath: '/f', size: 1, integrity: 'length', digest: null } as const;
      assert.equal(await store.recordVerified(lease, fileId, verified, now), 'lost');
      await store.note(lease, 'warning', {}, now);
      const checkpoints = [{ lease, fileId, ranges: [[0, 9]] as const }];
      for (const leases of [[lease], []]) {
        const pulse = { instance: me, leases, leaseUntil: now + ttl, checkpoints, samples: [] };
        assert.deepEqual((await store.pulse(pulse, now)).lost, [lease]);
      }
      assert.deepEqual([await store.get(lease.id), await store.files(lease.id), await store.lastEventId()], before);
    };
    await check();
    await claimed(store, lease.id, me);
    await check();
  },
};
