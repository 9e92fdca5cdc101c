import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '../../support/runs.ts';
import {
  aDownload,
  added,
  checkpoint,
  claimed,
  delivered,
  inState,
  mark,
  me,
  now,
  type Promises,
  present,
  running,
} from './scene.ts';

/** What commands and pages may rely on. */
export const askingPromises: Promises = {
  'a category is listed alone, newest first, and its events tell it': async (store) => {
    const films: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await added(store, { category: 'music' });
      films.push((await added(store, { category: 'films' })).id);
    }
    const [first = 0, second = 0, third = 0] = films;
    await store.wish(second, { wish: 'pause' }, now);
    const ids = async (filter: Parameters<typeof store.list>[0]) => (await store.list(filter)).map(({ id }) => id);
    assert.deepEqual(await ids({ category: 'films', limit: 2 }), [third, second]);
    assert.deepEqual(await ids({ category: 'films', limit: 2, beforeId: second }), [first]);
    assert.deepEqual(await ids({ category: 'films', statuses: ['pending'], limit: 9 }), [third, first]);
    assert.deepEqual(await ids({ category: 'other', limit: 9 }), []);
    assert.equal((await store.events({ downloadId: first, limit: 1 }))[0]?.category, 'films');
  },

  'a follower that names a checksum makes the download meet it, and another checksum is another download': async (
    store,
  ) => {
    const asked = aDownload();
    const { download } = await store.add(asked, now);
    const first = `sha-256=${'a'.repeat(64)}`;
    const strict = await store.add({ ...asked, options: { checksum: first } }, now);
    assert.deepEqual([strict.followed, strict.download.id], [true, download.id]);
    assert.equal((await store.get(download.id))?.options.checksum, first);
    assert.equal((await store.add(asked, now)).followed, true);
    const other = await store.add({ ...asked, options: { checksum: `sha-256=${'b'.repeat(64)}` } }, now);
    assert.equal(other.followed, false);
  },
  'a checksum that is named when the bytes are all there comes too late: it is another download': async (store) => {
    for (const verified of [false, true]) {
      const asked = aDownload();
      const { claim, fileId } = await running(store, asked);
      await checkpoint(store, claim.lease, fileId, 1000);
      if (verified) await store.change(claim.lease, delivered, now);
      const strict = await store.add({ ...asked, options: { checksum: `sha-256=${'a'.repeat(64)}` } }, now);
      assert.equal(strict.followed, false);
      assert.equal((await store.get(claim.download.id))?.options.checksum, undefined);
    }
  },

  'a checksum that is named while a file is verified is to be met, and one that is named after it is another download':
    async (store) => {
      const asked = aDownload();
      const { claim, fileId } = await running(store, asked);
      const { lease } = claim;
      const strictest = { ...asked, options: { checksum: `sha-256=${'a'.repeat(64)}` } };
      const facts = { ...mark, finalPath: '/f', size: 1, integrity: 'length', digest: null } as const;
      assert.equal((await store.add(strictest, now)).followed, true);
      assert.equal(await store.recordVerified(lease, fileId, { ...facts, checksum: null }, now), 'stricter');
      assert.equal((await store.files(lease.id))[0]?.finalPath, null);
      const { checksum } = strictest.options;
      assert.equal(await store.recordVerified(lease, fileId, { ...facts, checksum }, now), 'recorded');
      const lax = aDownload();
      const other = await running(store, lax);
      await store.recordVerified(other.claim.lease, other.fileId, { ...facts, finalPath: '/g', checksum: null }, now);
      assert.equal((await store.add({ ...lax, options: { checksum } }, now)).followed, false);
    },

  'a download that was added is there, with its event': async (store) => {
    const options = { name: 'x', headers: ['Cookie: a'], maxTries: 2 };
    const asked = aDownload({ options, metadata: { own: { deep: [1] } }, runner: me, priority: 3, category: 'tv' });
    const { download, followed } = await store.add(asked, now);
    assert.equal(followed, false);
    assert.partialDeepStrictEqual(download, {
      ...withoutPolicy(asked),
      status: 'pending',
      leaseToken: 0,
      createdAt: now,
    });
    assert.match(download.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.deepEqual(await store.get(download.id), download);
    const [event] = await store.events({ limit: 10 });
    assert.partialDeepStrictEqual(event, { kind: 'added', downloadId: download.id, uid: download.uid, at: now });
    assert.deepEqual(event?.metadata, { own: { deep: [1] } });
  },

  'the same link is followed while unfinished, and new again after its end': async (store) => {
    const asked = aDownload();
    const first = (await store.add(asked, now)).download;
    assert.deepEqual(await store.add(asked, now), { download: first, followed: true });
    assert.equal((await store.add({ ...asked, ifExists: 'new' }, now)).followed, false);
    const other = aDownload();
    const { claim } = await running(store, other);
    assert.equal((await store.add(other, now)).download.id, claim.download.id);
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'completed' }, now);
    assert.equal((await store.add(other, now)).followed, false);
  },

  'what was delivered is found by its link and by its name, but not where the link is unfinished': async (store) => {
    const nothing = { byLink: undefined, byName: [] };
    const first = await inState(store, 'completed');
    const second = await inState(store, 'completed');
    await inState(store, 'failed');
    const { linkKey } = first;
    const ids = async (like: Parameters<typeof store.delivered>[0]) => {
      const { byLink, byName } = await store.delivered(like);
      return [byLink?.id, byName.map(({ id }) => id)];
    };
    assert.deepEqual(await ids({ linkKey, name: 'file.bin' }), [first.id, [second.id, first.id]]);
    assert.deepEqual(await ids({ linkKey: 'none', name: 'none' }), [undefined, []]);
    assert.deepEqual(await ids({ linkKey, name: null }), [first.id, []]);
    await added(store, { link: first.link, linkKey });
    assert.deepEqual(await store.delivered({ linkKey, name: 'file.bin' }), nothing);
  },

  'twenty who add one link at once share one download': async (store) => {
    const asked = aDownload();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.add(asked, now)));
    assert.equal(new Set(answers.map(({ download }) => download.id)).size, 1);
    assert.equal(answers.filter(({ followed }) => !followed).length, 1);
  },

  'many are added at once, in their order, and one link twice among them is one download': async (store) => {
    const [first, second] = [aDownload(), aDownload()];
    const answers = await store.addMany([first, second, first], now);
    assert.deepEqual(
      answers.map(({ download, followed }) => [download.linkKey, followed]),
      [
        [first.linkKey, false],
        [second.linkKey, false],
        [first.linkKey, true],
      ],
    );
    assert.equal((await store.events({ limit: 10 })).filter(({ kind }) => kind === 'added').length, 2);
    assert.deepEqual(await store.addMany([], now), []);
  },

  'what was found out about a delivered file is an event and changes nothing': async (store) => {
    const download = await added(store);
    await store.record(download.id, 'verified', { ok: false }, now);
    await store.record(download.id + 1000, 'verified', { ok: true }, now);
    assert.deepEqual(await store.get(download.id), download);
    const events = await store.events({ limit: 10 });
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'verified').map(({ downloadId, detail }) => [downloadId, detail]),
      [[download.id, { ok: false }]],
    );
  },

  'a download is found by id, uid, and the beginning of a uid that means only one': async (store) => {
    const download = await added(store);
    assert.deepEqual(await store.find(String(download.id)), download);
    assert.deepEqual(await store.find(download.uid), download);
    assert.deepEqual(await store.find(download.uid.toUpperCase()), download);
    assert.deepEqual(await store.find(download.uid.slice(0, 8)), download);
    assert.equal(await store.find(download.uid.slice(0, 7)), undefined);
    await added(store);
    assert.equal(await store.find(download.uid.slice(0, 8)), undefined, 'two were added in the same moment');
    const both = await store.findAll(download.uid.slice(0, 8), 10);
    assert.deepEqual(
      both.map(({ uid }) => uid),
      both.map(({ uid }) => uid).sort(),
    );
    assert.equal(both.length, 2);
    assert.equal((await store.findAll(download.uid.slice(0, 8), 1)).length, 1);
    assert.deepEqual(await store.find(download.uid), download);
  },

  'nonsense finds nothing and harms nothing': async (store) => {
    await added(store);
    const nonsense = fc.oneof(
      fc.string(),
      fc.constantFrom('0', '-1', '1e3', '%', "'", '________', '99999999999999999999'),
    );
    await fc.assert(
      fc.asyncProperty(nonsense, async (text) => {
        assert.equal(text === '1' ? undefined : await store.find(text), undefined);
      }),
      { numRuns: runs(50) },
    );
  },

  'the list is newest first, by pages and by states': async (store) => {
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await added(store)).id);
    const idsOf = async (filter: Parameters<typeof store.list>[0]) => (await store.list(filter)).map(({ id }) => id);
    assert.deepEqual(await idsOf({ limit: 10 }), ids);
    assert.deepEqual(await idsOf({ limit: 2 }), ids.slice(0, 2));
    assert.deepEqual(await idsOf({ limit: 2, beforeId: ids[1] ?? 0 }), ids.slice(2, 4));
    await claimed(store, ids[1] ?? 0);
    await store.wish(ids[3] ?? 0, { wish: 'pause' }, now);
    assert.deepEqual(await idsOf({ statuses: ['paused', 'downloading'], limit: 10 }), [ids[1], ids[3]]);
    assert.deepEqual(await idsOf({ statuses: ['pending'], limit: 1 }), [ids[0]]);
    assert.deepEqual(await idsOf({ statuses: [], limit: 10 }), []);
  },

  'statistics count every state and the bytes of what was completed': async (store) => {
    assert.equal((await store.statistics()).total, 0);
    for (const status of ['pending', 'failed', 'completed', 'completed', 'processing'] as const)
      await inState(store, status);
    const { total, byStatus, completedBytes } = await store.statistics();
    assert.equal(total, 5);
    assert.partialDeepStrictEqual(byStatus, { pending: 1, failed: 1, completed: 2, processing: 1, cancelled: 0 });
    assert.equal(completedBytes, 2000);
  },

  'events come oldest first after the cursor, of all or of one download': async (store) => {
    assert.equal(await store.lastEventId(), 0);
    const { claim } = await running(store);
    const other = await added(store);
    const all = await store.events({ limit: 100 });
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['added', 'state', 'resolved', 'added'],
    );
    assert.equal(await store.lastEventId(), present(all.at(-1)).id);
    const after = present(all[1]).id;
    assert.deepEqual(await store.events({ after, limit: 1 }), [all[2]]);
    assert.deepEqual(await store.events({ downloadId: other.id, limit: 10 }), [all[3]]);
    assert.deepEqual(await store.events({ downloadId: claim.download.id, after, limit: 10 }), [all[2]]);
  },

  'the metadata comes back in every event as it was given': async (store) => {
    const json = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)) as object);
    await fc.assert(
      fc.asyncProperty(json, async (metadata) => {
        const download = await added(store, { metadata: metadata as Record<string, unknown> });
        assert.deepEqual(download.metadata, metadata);
        await claimed(store, download.id);
        const events = await store.events({ downloadId: download.id, limit: 10 });
        assert.equal(events.length, 2);
        for (const event of events) assert.deepEqual(event.metadata, metadata);
      }),
      { numRuns: runs(10) },
    );
  },

  'listeners are told of changes, once for those that come together, until they unsubscribe': async (store) => {
    let told = 0;
    let next = Promise.withResolvers<void>();
    const unsubscribe = store.onChange(() => {
      told += 1;
      next.resolve();
    });
    await Promise.all([added(store), added(store), added(store)]);
    await next.promise;
    assert.equal(told, 1);
    next = Promise.withResolvers();
    const { id } = await added(store);
    await next.promise;
    unsubscribe();
    const before = told;
    let other = Promise.withResolvers<void>();
    const stop = store.onChange(() => other.resolve());
    await claimed(store, id);
    await other.promise;
    assert.equal(told, before);
    other = Promise.withResolvers();
    stop();
  },

  'a listener that throws does not keep the others from being told': async (store) => {
    const told = Promise.withResolvers<void>();
    store.onChange(() => {
      throw new Error('bad listener');
    });
    store.onChange(() => told.resolve());
    await added(store);
    await told.promise;
  },

  'an operation that changes nothing tells nobody': async (store) => {
    let told = 0;
    store.onChange(() => {
      told += 1;
    });
    await store.rescue({ dead: ['nobody'], expiredBefore: now }, now);
    await store.claim(12345, me, now + 1, now);
    await store.list({ limit: 1 });
    await new Promise(setImmediate);
    assert.equal(told, 0);
  },

  'a runner is changed only from the one that was seen, and only while nobody works': async (store) => {
    const { id } = await added(store, { runner: 'dead' });
    assert.equal(await store.adopt(id, 'other', me, now), false);
    assert.equal(await store.adopt(id, null, me, now), false);
    assert.equal(await store.adopt(id, 'dead', me, now), true);
    assert.equal((await store.get(id))?.runner, me);
    assert.equal(await store.adopt(id, 'dead', 'late', now), false);
    await claimed(store, id);
    assert.equal(await store.adopt(id, me, null, now), false);
    const done = await inState(store, 'completed');
    assert.equal(await store.adopt(done.id, null, me, now), false);
  },
};

function withoutPolicy({ ifExists: _, ...facts }: ReturnType<typeof aDownload>) {
  return facts;
}
