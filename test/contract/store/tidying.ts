import assert from 'node:assert/strict';
import type { Store } from '../../../src/store/store.ts';
import {
  added,
  checkpoint,
  delivered,
  inState,
  manifest,
  mark,
  now,
  type Promises,
  present,
  running,
} from './scene.ts';

const turn = { chore: 'tidy', owner: 'me' } as const;
const other = { chore: 'tidy', owner: 'other' } as const;
const stale = 60_000;
const reason = { rule: 'max_files', limit: 2 } as const;

async function withTurn(store: Store): Promise<void> {
  assert.equal(await store.takeTurn(turn, now - stale, now), true);
}

/** Completed, with one delivered file. */
async function deliveredAs(store: Store, finalPath: string, category?: string): Promise<number> {
  const { claim, fileId } = await running(store, category === undefined ? {} : { category });
  const facts = { ...mark, finalPath, size: 1000, integrity: 'validator', digest: null } as const;
  await store.recordVerified(claim.lease, fileId, facts, now);
  await store.change(claim.lease, delivered, now);
  await store.change(claim.lease, { to: 'completed' }, now);
  return claim.download.id;
}

/** What keeping order relies on. */
export const tidyingPromises: Promises = {
  'a turn is one owner’s until it ends, or was not held': async (store) => {
    assert.equal(await store.holdTurn(turn, now), false);
    await withTurn(store);
    await withTurn(store);
    assert.equal(await store.takeTurn(other, now - stale, now), false);
    assert.equal(await store.holdTurn(turn, now + stale), true);
    assert.equal(await store.takeTurn(other, now, now + stale), false);
    assert.equal(await store.takeTurn(other, now + stale, now + 2 * stale), true);
    assert.equal(await store.holdTurn(turn, now), false);
    await store.endTurn(turn, now);
    assert.equal(await store.holdTurn(other, now), true, 'it was not theirs to end');
    await store.endTurn(other, now);
    await withTurn(store);
  },

  'a turn from a time that has not come yet is free: a clock was set back': async (store) => {
    assert.equal(await store.takeTurn(other, now, now + 10 * stale), true);
    assert.equal(await store.takeTurn(turn, now - stale, now), true);
  },

  'what is kept is told, alone and in sums': async (store) => {
    const one = await deliveredAs(store, '/d/1');
    const two = await deliveredAs(store, '/d/2', 'films');
    const three = await deliveredAs(store, '/d/3', 'films');
    await inState(store, 'failed');
    const totals = (await store.keptTotals()).toSorted((a, b) => a.count - b.count);
    assert.deepEqual(totals, [
      { category: null, count: 1, bytes: 1000, oldest: now },
      { category: 'films', count: 2, bytes: 2000, oldest: now },
    ]);
    const kept = (await store.kept()).toSorted((a, b) => a.id - b.id);
    assert.deepEqual(kept, [
      { id: one, category: null, completedAt: now, bytes: 1000 },
      { id: two, category: 'films', completedAt: now, bytes: 1000 },
      { id: three, category: 'films', completedAt: now, bytes: 1000 },
    ]);
  },

  'cleaning needs the turn and a completed row, and its files wait to be removed': async (store) => {
    const id = await deliveredAs(store, '/d/1');
    assert.equal(await store.clean(turn, id, reason, now), undefined);
    await withTurn(store);
    const work = await store.clean(turn, id, reason, now);
    assert.ok(typeof work === 'object');
    assert.deepEqual([work.download.status, work.files[0]?.finalPath], ['cleaned', '/d/1']);
    assert.equal(await store.clean(turn, id, reason, now), undefined);
    assert.deepEqual(await store.kept(), []);
    assert.deepEqual(
      (await store.toRemove()).map(({ download }) => download.id),
      [id],
    );
    await store.filesRemoved(id);
    assert.deepEqual(await store.toRemove(), []);
    assert.partialDeepStrictEqual((await store.files(id))[0], { finalPath: null, identity: null, modifiedAt: null });
    const failed = await inState(store, 'failed');
    assert.equal(await store.clean(turn, failed.id, reason, now), undefined);
  },

  'a file that was delivered again under the same name is not cleaned for the older download': async (store) => {
    await withTurn(store);
    const older = await deliveredAs(store, '/d/same');
    const newer = await deliveredAs(store, '/d/same');
    assert.equal(await store.clean(turn, older, reason, now), 'taken');
    assert.ok(typeof (await store.clean(turn, newer, reason, now)) === 'object');
  },

  'a retry of what was cleaned knows nothing of the old file, and is kept again when it is completed': async (
    store,
  ) => {
    await withTurn(store);
    const id = await deliveredAs(store, '/d/1');
    await store.clean(turn, id, reason, now);
    await store.wish(id, { wish: 'retry' }, now);
    assert.deepEqual(await store.toRemove(), []);
    const claim = present(await store.claim(id, 'me', now + 1000, now));
    await store.recordManifest(claim.lease, manifest, now);
    await store.filesRemoved(id);
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'completed' }, now);
    assert.deepEqual(
      (await store.kept()).map((one) => one.id),
      [id],
    );
  },

  'what is let go is neither counted nor cleaned, and told once': async (store) => {
    await withTurn(store);
    const id = await deliveredAs(store, '/d/1');
    const before = await store.lastEventId();
    await store.letGo(other, id, 'gone', 'it is gone', now);
    assert.equal((await store.kept()).length, 1);
    await store.letGo(turn, id, 'gone', 'it is gone', now);
    await store.letGo(turn, id, 'changed', 'it was changed', now);
    assert.deepEqual([await store.kept(), await store.keptTotals()], [[], []]);
    const told = await store.events({ after: before, downloadId: id, limit: 10 });
    assert.deepEqual(
      told.map(({ kind, detail }) => [kind, detail.message]),
      [['warning', 'it is gone']],
    );
    assert.equal((await store.get(id))?.status, 'completed');
  },

  'what a failed download fetched is given up, with the turn, when it is old enough': async (store) => {
    const { claim, fileId } = await running(store);
    await store.recordPartial(claim.lease, fileId, '/downloads/x.part', now);
    await checkpoint(store, claim.lease, fileId, 600);
    await store.change(claim.lease, { to: 'failed', error: { class: 'network', message: 'reset' } }, now);
    await inState(store, 'failed');
    const { id } = claim.download;
    assert.deepEqual(await store.failedWork(now), []);
    assert.deepEqual(
      (await store.failedWork(now + 1)).map(({ download }) => download.id),
      [id],
    );
    assert.equal(await store.giveUpWork(turn, id, now + 1, now), undefined);
    await withTurn(store);
    assert.equal(await store.giveUpWork(turn, id, now, now), undefined);
    const [file] = present(await store.giveUpWork(turn, id, now + 1, now + 5));
    assert.partialDeepStrictEqual(file, { partialPath: '/downloads/x.part', durable: [[0, 600]] });
    const row = await store.get(id);
    assert.partialDeepStrictEqual(row, { status: 'failed', bytesDownloaded: 0, resumeToken: null, updatedAt: now });
    assert.deepEqual(await store.failedWork(now + 1), []);
    await store.wish(id, { wish: 'retry' }, now);
    assert.equal(await store.giveUpWork(turn, id, now + 1, now), undefined);
  },

  'rows are forgotten, with the turn, when they ended long enough ago': async (store) => {
    const failed = await inState(store, 'failed');
    const cancelled = await inState(store, 'cancelled');
    await inState(store, 'completed');
    assert.deepEqual(await store.endedBefore(now, 10), []);
    const old = await store.endedBefore(now + 1, 10);
    assert.deepEqual(old.map(({ id }) => id).toSorted(), [failed.id, cancelled.id]);
    assert.equal((await store.endedBefore(now + 1, 1)).length, 1);
    assert.equal(await store.forgetEnded(turn, failed.id, now + 1, now), undefined);
    await withTurn(store);
    assert.equal((await store.forgetEnded(turn, failed.id, now + 1, now))?.length, 1);
    assert.equal(await store.get(failed.id), undefined);
    assert.equal(await store.forgetEnded(turn, failed.id, now + 1, now), undefined);
    await store.wish(cancelled.id, { wish: 'retry' }, now);
    assert.equal(await store.forgetEnded(turn, cancelled.id, now + 1, now), undefined);
  },

  'whose a partial is': async (store) => {
    const { claim, fileId } = await running(store);
    await store.recordPartial(claim.lease, fileId, '/downloads/x.part', now);
    const { uid } = claim.download;
    const cancelled = await inState(store, 'cancelled');
    const gone = await added(store);
    await store.forget(gone.id, now);
    const strays = [
      { uid: 'whatever', partialPath: '/downloads/x.part' },
      { uid, partialPath: '/downloads/y.part' },
      { uid: cancelled.uid, partialPath: '/downloads/y.part' },
      { uid: gone.uid, partialPath: '/downloads/y.part' },
      { uid: 'never-seen', partialPath: '/downloads/y.part' },
    ];
    assert.deepEqual(await store.whoseWork(strays), ['claimed', 'unfinished', 'ended', 'removed', 'unknown']);
    assert.deepEqual(await store.whoseWork([]), []);
  },
};
