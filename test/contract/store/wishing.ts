import assert from 'node:assert/strict';
import { mayWish, statuses, wishes } from '../../../src/downloads/states.ts';
import { NotPossible } from '../../../src/store/store.ts';
import {
  added,
  anybody,
  checkpoint,
  claimed,
  delivered,
  inState,
  me,
  networkError,
  now,
  type Promises,
  present,
  retryAt,
  running,
  ttl,
} from './scene.ts';

/** What a person asks for, and when it happens. */
export const wishingPromises: Promises = {
  'a retry takes other options in one go with its wish, and tells their names and no value': async (store) => {
    const { id, directory } = await inState(store, 'failed');
    const change = { options: { user: 'ann', password: 'planted', name: 'b' } };
    const { download } = await store.wish(id, { wish: 'retry' }, now, change);
    assert.equal(download.status, 'pending');
    const row = present(await store.get(id));
    assert.deepEqual([row.options.user, row.options.password, row.options.name], ['ann', 'planted', 'b']);
    assert.equal(row.directory, directory);
    const events = (await store.events({ limit: 100, downloadId: id })).filter(({ kind }) => kind === 'wish');
    assert.deepEqual(events.at(-1)?.detail, { wish: 'retry', changed: ['user', 'password', 'name'] });
    assert.doesNotMatch(JSON.stringify(events), /planted/);
    const other = await inState(store, 'cancelled');
    await store.wish(other.id, { wish: 'retry' }, now, { options: { bearer: 'x' }, directory: '/elsewhere' });
    const moved = present(await store.get(other.id));
    assert.deepEqual([moved.directory, moved.bytesDownloaded, moved.resumeToken], ['/elsewhere', 0, null]);
    assert.ok(
      (await store.files(other.id)).every(({ partialPath, durable }) => partialPath === null && durable.length === 0),
    );
  },

  'of a login and a token only the one that was given last stays': async (store) => {
    const { id } = await inState(store, 'failed');
    await store.wish(id, { wish: 'retry' }, now, { options: { user: 'ann', password: 'x' } });
    await store.wish(id, { wish: 'cancel' }, now);
    await store.wish(id, { wish: 'retry' }, now, { options: { bearer: 'token' } });
    const { options } = present(await store.get(id));
    assert.deepEqual([options.user, options.password, options.bearer], [undefined, undefined, 'token']);
  },

  'a wish that the state does not allow is an error that names state and remedy': async (store) => {
    for (const status of statuses.filter((each) => each !== 'cleaned')) {
      for (const wish of wishes) {
        const { id } = await inState(store, status);
        if (mayWish(status, wish)) await store.wish(id, { wish }, now);
        else {
          const before = [await store.get(id), await store.lastEventId()];
          await assert.rejects(store.wish(id, { wish }, now), (error) => {
            assert.ok(error instanceof NotPossible);
            assert.match(error.message, new RegExp(`^download ${id} is ${status}; only what is \\w+`));
            return true;
          });
          assert.deepEqual([await store.get(id), await store.lastEventId()], before);
        }
      }
    }
    await assert.rejects(store.wish(999_999, { wish: 'pause' }, now), NotPossible);
  },

  'what nobody holds obeys at once, and the wish and the state are told': async (store) => {
    const { id } = await added(store);
    const paused = await store.wish(id, { wish: 'pause' }, now);
    assert.equal(paused.obeyed, true);
    assert.partialDeepStrictEqual(paused.download, { status: 'paused', wish: null });
    assert.equal((await store.wish(id, { wish: 'resume' }, now)).download.status, 'pending');
    assert.equal((await store.wish(id, { wish: 'cancel', keepPartial: true }, now)).download.status, 'cancelled');
    const told = (await store.events({ downloadId: id, limit: 10 })).map(
      ({ kind, to, detail }) => to ?? detail.wish ?? kind,
    );
    assert.deepEqual(told, ['added', 'pause', 'paused', 'resume', 'pending', 'cancel', 'cancelled']);
  },

  'the holder of a lease is told, with what it needs to obey': async (store) => {
    const { claim } = await running(store);
    const { id } = claim.download;
    const { download, obeyed } = await store.wish(id, { wish: 'cancel', keepPartial: true }, now);
    assert.equal(obeyed, false);
    assert.partialDeepStrictEqual(download, { status: 'downloading', wish: 'cancel' });
    const expected = new Map([[id, { wish: 'cancel', keepPartial: true }]]);
    assert.deepEqual(await store.waitingWishes(me), expected);
    assert.deepEqual(await store.waitingWishes('other'), new Map());
    const pulse = { instance: me, leases: [claim.lease], leaseUntil: now + ttl, checkpoints: [], samples: [] };
    assert.deepEqual((await store.pulse(pulse, now)).wishes, expected);
    assert.partialDeepStrictEqual(await store.change(claim.lease, { to: 'cancelled' }, now), {
      status: 'cancelled',
      wish: null,
    });
    assert.deepEqual(await store.waitingWishes(me), new Map());
  },

  'a nudge is handed over once': async (store) => {
    const { claim } = await running(store);
    await store.wish(claim.download.id, { wish: 'nudge' }, now);
    assert.deepEqual(await store.waitingWishes(me), new Map([[claim.download.id, { wish: 'nudge' }]]));
    assert.deepEqual(await store.waitingWishes(me), new Map());
    assert.equal((await store.get(claim.download.id))?.wish, null);
  },

  'a stronger wish replaces a weaker one, never the other way round': async (store) => {
    const { claim } = await running(store);
    const { id } = claim.download;
    await store.wish(id, { wish: 'pause' }, now);
    await store.wish(id, { wish: 'cancel' }, now);
    await assert.rejects(store.wish(id, { wish: 'pause' }, now), NotPossible);
    await assert.rejects(store.wish(id, { wish: 'nudge' }, now), NotPossible);
    await store.wish(id, { wish: 'remove', deleteFiles: true }, now);
    assert.deepEqual(await store.waitingWishes(me), new Map([[id, { wish: 'remove', deleteFiles: true }]]));
  },

  'a lease that ran out holds nothing back: the wish happens at once': async (store) => {
    const { claim } = await running(store);
    await store.wish(claim.download.id, { wish: 'pause' }, now);
    const { download, obeyed } = await store.wish(claim.download.id, { wish: 'cancel' }, now + ttl);
    assert.equal(obeyed, true);
    assert.partialDeepStrictEqual(download, { status: 'cancelled', wish: null, lockedBy: null });
    assert.equal((await store.attempts(claim.download.id))[0]?.outcome, 'lost');
  },

  'a pause that comes while the holder lets go is obeyed': async (store) => {
    for (const change of [{ to: 'pending', why: 'shutdown' } as const, retryAt(now + 5)]) {
      const { claim } = await running(store);
      await store.wish(claim.download.id, { wish: 'pause' }, now);
      assert.partialDeepStrictEqual(await store.change(claim.lease, change, now), {
        status: 'paused',
        wish: null,
        nextAttemptAt: null,
      });
    }
    const { claim } = await running(store);
    await store.wish(claim.download.id, { wish: 'pause' }, now);
    const [rescued] = await store.rescue({ dead: [me], expiredBefore: 0 }, now);
    assert.partialDeepStrictEqual(rescued, { id: claim.download.id, status: 'paused', wish: null });
  },

  'a cancel that its holder did not live to obey is claimed first, whatever it waits for': async (store) => {
    await added(store, { priority: 9 });
    for (const change of [
      { to: 'paused' } as const,
      { to: 'pending', why: 'shutdown' } as const,
      retryAt(now + 99_999),
    ]) {
      const { claim } = await running(store);
      const { id } = claim.download;
      await store.wish(id, { wish: 'cancel' }, now);
      const released = present(await store.change(claim.lease, change, now));
      assert.equal(released.wish, 'cancel');
      const [first] = await store.candidates({ ...anybody, limit: 1 });
      assert.equal(first?.id, id);
      const again = await claimed(store, id);
      assert.deepEqual(await store.waitingWishes(me), new Map([[id, { wish: 'cancel' }]]));
      assert.equal((await store.change(again.lease, { to: 'cancelled' }, now))?.wish, null);
    }
  },

  'a removal that comes while the last step ends is obeyed with that end': async (store) => {
    const { claim } = await running(store);
    const { id } = claim.download;
    await store.change(claim.lease, delivered, now);
    await store.wish(id, { wish: 'remove' }, now);
    assert.equal((await store.change(claim.lease, { to: 'completed' }, now))?.status, 'completed');
    assert.equal(await store.get(id), undefined);
    assert.deepEqual(
      (await store.events({ downloadId: id, limit: 9 })).map(({ kind }) => kind),
      ['removed'],
    );
  },

  'a removal that leaves something to clear away waits for an instance, whatever end comes first': async (store) => {
    const failed = { to: 'failed', error: networkError } as const;
    for (const [change, deleteFiles] of [[failed, false] as const, [{ to: 'completed' } as const, true] as const]) {
      const { claim, fileId } = await running(store);
      const { id } = claim.download;
      const path = `/downloads/late-${id}.part`;
      await store.recordPartial(claim.lease, fileId, path, now);
      if (change.to === 'completed') await store.change(claim.lease, delivered, now);
      await store.wish(id, { wish: 'remove', deleteFiles }, now);
      const released = present(await store.change(claim.lease, change, now));
      assert.partialDeepStrictEqual(released, { status: 'pending', wish: 'remove', lockedBy: null });
      assert.equal((await store.files(id))[0]?.partialPath, path, 'whoever clears it away must find it');
      const [first] = await store.candidates({ ...anybody, limit: 1 });
      assert.equal(first?.id, id);
      const again = await claimed(store, id);
      assert.deepEqual((await store.waitingWishes(me)).get(id), { wish: 'remove', deleteFiles });
      assert.equal((await store.change(again.lease, { to: 'cancelled' }, now))?.wish, 'remove');
      await store.forget(id, now);
    }
  },

  'a retry forgets the failure and goes on from what is durable': async (store) => {
    const failed = await inState(store, 'failed');
    const { download } = await store.wish(failed.id, { wish: 'retry' }, now);
    const clean = { status: 'pending', errorClass: null, errorMessage: null, triesInVain: 0, bytesDownloaded: 600 };
    assert.partialDeepStrictEqual(download, { ...clean, resumeToken: { etag: '"a"' } });
    assert.deepEqual((await store.files(failed.id))[0]?.durable, [[0, 600]]);
    const waiting = await inState(store, 'retrying');
    const now2 = await store.wish(waiting.id, { wish: 'retry' }, now);
    assert.partialDeepStrictEqual(now2.download, { ...clean, nextAttemptAt: null, waitingFor: null });
  },

  'a retry after a wrong checksum fetches anew, into the partial that is there': async (store) => {
    const { claim, fileId } = await running(store);
    const { id } = claim.download;
    await store.recordPartial(claim.lease, fileId, `/downloads/${id}.part`, now);
    await checkpoint(store, claim.lease, fileId, 1000);
    await store.change(claim.lease, { to: 'failed', error: { class: 'checksum', message: 'wrong' } }, now);
    const { download } = await store.wish(id, { wish: 'retry' }, now);
    assert.partialDeepStrictEqual(download, { status: 'pending', bytesDownloaded: 0, resumeToken: null });
    const [file] = await store.files(id);
    assert.deepEqual([file?.partialPath, file?.durable], [`/downloads/${id}.part`, []]);
  },

  'a retry after a cancel begins anew, unless the partial was kept': async (store) => {
    for (const keepPartial of [false, true]) {
      const { claim, fileId } = await running(store);
      const { id } = claim.download;
      const path = `/downloads/${id}.part`;
      await store.recordPartial(claim.lease, fileId, path, now);
      await checkpoint(store, claim.lease, fileId, 600);
      await store.wish(id, { wish: 'cancel', keepPartial }, now);
      await store.change(claim.lease, { to: 'cancelled' }, now);
      const { download } = await store.wish(id, { wish: 'retry' }, now);
      assert.equal(download.bytesDownloaded, keepPartial ? 600 : 0);
      const [file] = await store.files(id);
      assert.deepEqual([file?.partialPath, file?.durable], keepPartial ? [path, [[0, 600]]] : [null, []]);
    }
    const { claim } = await running(store);
    await store.change(claim.lease, delivered, now);
    await store.wish(claim.download.id, { wish: 'cancel' }, now);
    await store.change(claim.lease, { to: 'cancelled' }, now);
    const { download } = await store.wish(claim.download.id, { wish: 'retry' }, now);
    assert.partialDeepStrictEqual(download, { downloadPath: null, fileSize: null, integrity: null });
    assert.equal((await claimed(store, download.id)).download.status, 'downloading');
  },

  'what is removed is gone with all that hung on it; one event tells, with the metadata': async (store) => {
    const { claim } = await running(store, { metadata: { own: 1 } });
    const { id, uid } = claim.download;
    await assert.rejects(store.forget(id, now), NotPossible);
    await store.change(claim.lease, { to: 'paused' }, now);
    assert.equal((await store.wish(id, { wish: 'remove' }, now)).obeyed, true);
    assert.equal(await store.get(id), undefined);
    assert.deepEqual(await store.files(id), []);
    assert.deepEqual(await store.attempts(id), []);
    const events = await store.events({ downloadId: id, limit: 10 });
    assert.equal(events.length, 1);
    assert.partialDeepStrictEqual(events[0], { kind: 'removed', uid, metadata: { own: 1 } });
    assert.equal(await store.lastEventId(), events[0]?.id);
    await store.forget(id, now);
    assert.ok((await added(store)).id > id, 'its id never comes back');
  },
};
