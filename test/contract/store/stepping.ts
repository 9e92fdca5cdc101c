import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Lease } from '../../../src/downloads/download.ts';
import type { Store } from '../../../src/store/store.ts';
import type { GivenUpBefore } from '../../../src/store/tidy-store.ts';
import { added, claimed, delivered, mark, me, networkError, now, type Promises, present, running } from './scene.ts';

const output = { path: 'file.m4a', main: true, size: 7, finalPath: '/downloads/file.m4a', ...mark };
const made = { files: [{ path: '/downloads/file.m4a', size: 7, main: true }] };

/** A download with two steps whose bytes are in place. */
async function processing(store: Store): Promise<{ id: number; lease: Lease; fileId: number }> {
  const { claim, fileId } = await running(store, { options: { steps: ['convert=aac:128', 'upload'] } });
  const { lease } = claim;
  const verified = {
    finalPath: delivered.downloadPath,
    size: 1000,
    integrity: 'length',
    digest: null,
    ...mark,
  } as const;
  await store.recordVerified(lease, fileId, verified, now);
  await store.change(lease, delivered, now);
  return { id: claim.download.id, lease, fileId };
}

const states = async (store: Store, id: number) => (await store.steps(id)).map(({ status }) => status);

/** What happens after the bytes are in place. */
export const steppingPromises: Promises = {
  'steps are there when the bytes are in place, as the options say': async (store) => {
    const { claim } = await running(store, { options: { steps: ['upload'] } });
    assert.deepEqual(await store.steps(claim.download.id), []);
    const { id } = await processing(store);
    const [first, second] = await store.steps(id);
    assert.deepEqual(first, {
      ...{ position: 0, kind: 'convert', options: 'aac:128', status: 'pending', tries: 0 },
      ...{ mark: undefined, outcome: null, startedAt: null, endedAt: null },
    });
    assert.partialDeepStrictEqual(second, { position: 1, kind: 'upload', options: '' });
  },

  'a step begins, stores its mark, is done and completed, and each is told': async (store) => {
    const { id, lease } = await processing(store);
    assert.ok(await store.beginStep(lease, 0, now));
    assert.ok(await store.markStep(lease, 0, { sent: 5 }, now));
    assert.partialDeepStrictEqual((await store.steps(id))[0], { status: 'running', tries: 1, mark: { sent: 5 } });
    assert.ok(await store.recordOutcome(lease, 0, made, now));
    assert.equal(await store.beginStep(lease, 0, now), false, 'what is done is not begun again');
    assert.ok(await store.recordOutput(lease, 0, output, now));
    assert.ok(await store.recordOutput(lease, 0, { ...output, finalPath: '/downloads/file (2).m4a' }, now));
    const files = await store.files(id);
    assert.deepEqual(
      files.map(({ step, finalPath }) => [step, finalPath]),
      [
        [null, '/downloads/file.bin'],
        [0, '/downloads/file (2).m4a'],
      ],
    );
    assert.ok(await store.completeStep(lease, 0, { outcome: { ...made, link: 'https://x' }, moved: [] }, now + 5));
    assert.partialDeepStrictEqual((await store.steps(id))[0], { status: 'completed', endedAt: now + 5 });
    assert.equal(await store.beginStep(lease, 0, now), false);
    assert.equal((await store.get(id))?.resultLink, 'https://x');
    const told = (await store.events({ downloadId: id, limit: 50 })).filter(({ kind }) => kind === 'step');
    assert.deepEqual(
      told.map(({ detail }) => [detail.step, detail.what]),
      [
        ['convert', 'begun'],
        ['convert', 'done'],
      ],
    );
  },

  'without the lease nothing of a step is written': async (store) => {
    const { id, lease } = await processing(store);
    await store.beginStep(lease, 0, now);
    await store.rescue({ dead: [me], expiredBefore: 0 }, now);
    await claimed(store, id, 'instance-b');
    const before = await store.steps(id);
    for (const answer of [
      await store.recordSettled(lease),
      await store.beginStep(lease, 0, now),
      await store.markStep(lease, 0, {}, now),
      await store.recordOutcome(lease, 0, made, now),
      await store.recordOutput(lease, 0, output, now),
      await store.completeStep(lease, 0, { outcome: {}, moved: [] }, now),
    ]) {
      assert.equal(answer, false);
    }
    assert.deepEqual(await store.steps(id), before);
    assert.equal((await store.files(id)).length, 1);
  },

  'a step that nobody is at any more is pending again, or failed with its download': async (store) => {
    const stopped = await processing(store);
    await store.beginStep(stopped.lease, 0, now);
    await store.rescue({ dead: [me], expiredBefore: 0 }, now);
    assert.deepEqual(await states(store, stopped.id), ['pending', 'pending']);
    const failed = await processing(store);
    await store.beginStep(failed.lease, 0, now);
    await store.change(failed.lease, { to: 'failed', error: networkError }, now);
    assert.deepEqual(await states(store, failed.id), ['failed', 'pending']);
    await store.wish(failed.id, { wish: 'retry' }, now);
    const { download, lease } = await claimed(store, failed.id);
    assert.equal(download.status, 'processing', 'the delivered bytes count');
    assert.ok(await store.beginStep(lease, 0, now));
  },

  'what failed over a step keeps its delivered file, however long ago': async (store) => {
    const { id, lease } = await processing(store);
    await store.change(lease, { to: 'failed', error: networkError }, now);
    assert.deepEqual(await store.failedWork(now + 1_000_000), []);
    await store.wish(id, { wish: 'retry' }, now);
    assert.equal((await store.get(id))?.downloadPath, delivered.downloadPath);
  },

  'what steps began is found when nobody goes on with it, and only then less of it is remembered': async (store) => {
    const soon = { cancelled: now + 1, failed: now + 1, ended: 0 };
    const begun = async (sent: number) => {
      const one = await processing(store);
      await store.beginStep(one.lease, 0, now);
      await store.markStep(one.lease, 0, { sent }, now);
      return one;
    };
    const [running_, failed, cancelled, kept] = [await begun(1), await begun(2), await begun(3), await begun(4)];
    await store.change(failed.lease, { to: 'failed', error: networkError }, now);
    await store.change(cancelled.lease, { to: 'cancelled' }, now);
    await store.wish(kept.id, { wish: 'cancel', keepPartial: true }, now);
    await store.change(kept.lease, { to: 'cancelled' }, now);
    const found = async (before: GivenUpBefore) =>
      (await store.stepsGivenUp(before)).map(({ downloadId, step }) => [downloadId, step.mark]);
    assert.deepEqual(await found(soon), [
      [failed.id, { sent: 2 }],
      [cancelled.id, { sent: 3 }],
    ]);
    assert.deepEqual(await found({ ...soon, failed: now }), [[cancelled.id, { sent: 3 }]]);
    assert.deepEqual(
      (await found({ ...soon, failed: 0, ended: now + 1 })).map(([id]) => id),
      [failed.id, cancelled.id, kept.id],
      'whose rows go nobody goes on with',
    );
    assert.equal(await store.leaveMark(running_.id, 0, {}), false, 'somebody is at it');
    assert.equal(await store.leaveMark(cancelled.id, 0, { sent: 0 }), true);
    assert.deepEqual((await store.steps(cancelled.id))[0]?.mark, { sent: 0 });
    await store.wish(failed.id, { wish: 'retry' }, now);
    assert.equal(await store.leaveMark(failed.id, 0, {}), false);
    assert.deepEqual((await store.steps(failed.id))[0]?.mark, { sent: 2 }, 'a retry goes on from there');
  },

  'what a completed step left elsewhere is found until it is given up, and its warning stands until all is done anew':
    async (store) => {
      const soon = { cancelled: now + 1, failed: now + 1, ended: 0 };
      const { id, lease } = await processing(store);
      const { id: another, lease: other } = await processing(store);
      for (const [one, outcome] of [
        [lease, { warning: 'one is damaged', leftElsewhere: true }],
        [other, {}],
      ] as const) {
        await store.beginStep(one, 0, now);
        await store.markStep(one, 0, { parts: 3 }, now);
        assert.ok(await store.completeStep(one, 0, { outcome, moved: [] }, now));
      }
      const found = async () => (await store.stepsGivenUp(soon)).map(({ downloadId, step }) => [downloadId, step.mark]);
      assert.deepEqual(await found(), [[id, { parts: 3 }]]);
      assert.equal((await store.get(id))?.warning, 'convert: one is damaged');
      assert.equal((await store.get(another))?.warning, null);
      assert.equal(await store.leaveMark(another, 0, {}), false, 'nothing was left of it');
      assert.equal(await store.leaveMark(id, 0, { parts: 0 }), true);
      assert.deepEqual(await found(), []);
      assert.equal(await store.leaveMark(id, 0, {}), false);
      await store.change(lease, { to: 'completed' }, now);
      assert.equal((await store.get(id))?.warning, 'convert: one is damaged');
      await store.beginStep(other, 1, now);
      await store.completeStep(other, 1, { outcome: { warning: 'so is this' }, moved: [] }, now);
      assert.equal((await store.get(another))?.warning, 'upload: so is this');
      await store.wish(another, { wish: 'cancel', deleteFiles: true }, now);
      await store.change(other, { to: 'cancelled' }, now);
      await store.wish(another, { wish: 'retry' }, now);
      assert.equal((await store.get(another))?.warning, null, 'it is done anew');
    },

  'moved files are known under their new names': async (store) => {
    const { id, lease } = await processing(store);
    await store.beginStep(lease, 0, now);
    const to = join('/library', 'file.bin');
    const moved = [{ from: delivered.downloadPath, to, identity: '2:9', modifiedAt: now }];
    await store.completeStep(lease, 0, { outcome: { moved: true }, moved }, now);
    assert.partialDeepStrictEqual((await store.files(id))[0], { finalPath: to, identity: '2:9' });
  },

  'what stays after the last step is what counts': async (store) => {
    const { id, lease, fileId } = await processing(store);
    const kept = { path: '/downloads/file.m4a', size: 7, bytes: 9 };
    await store.change(lease, { to: 'completed', kept, gaveUp: [fileId] }, now);
    assert.partialDeepStrictEqual(await store.get(id), {
      ...{ status: 'completed', downloadPath: kept.path, fileSize: 7, bytesDownloaded: 1000 },
    });
    assert.partialDeepStrictEqual((await store.files(id))[0], { finalPath: null, identity: null });
    assert.deepEqual(
      (await store.kept()).map(({ bytes }) => bytes),
      [9],
    );
    assert.equal((await store.keptTotals())[0]?.bytes, 9);
  },

  'what left nothing on disk is no care of retention': async (store) => {
    const { id, lease, fileId } = await processing(store);
    const kept = { path: null, size: 0, bytes: 0 };
    await store.change(lease, { to: 'completed', kept, gaveUp: [fileId] }, now);
    assert.deepEqual(await store.kept(), []);
    assert.equal((await store.get(id))?.downloadPath, null);
  },

  'a file that is here already is not fetched, and stays no file of ours': async (store) => {
    const here = { path: '/home/film.mkv', size: 1000, ...mark };
    const more = { source: 'local', options: { steps: ['upload'] }, here };
    const { id, name, downloadPath } = await added(store, more);
    assert.deepEqual([name, downloadPath], ['film.mkv', here.path]);
    const { lease, download } = await claimed(store, id);
    assert.equal(download.status, 'processing');
    assert.deepEqual(await states(store, id), ['pending']);
    assert.partialDeepStrictEqual((await store.files(id))[0], { finalPath: null, herePath: here.path, size: 1000 });
    const moved = [{ from: here.path, to: '/library/film.mkv', identity: '2:9', modifiedAt: now }];
    await store.beginStep(lease, 0, now);
    await store.completeStep(lease, 0, { outcome: {}, moved }, now);
    assert.partialDeepStrictEqual((await store.files(id))[0], { finalPath: null, herePath: '/library/film.mkv' });
    const kept = { path: '/library/film.mkv', size: 1000, bytes: 0 };
    await store.change(lease, { to: 'completed', kept }, now);
    assert.deepEqual(await store.kept(), []);
    const [attempt] = await store.attempts(id);
    assert.deepEqual([attempt?.fromBytes, attempt?.toBytes], [1000, 1000]);
  },

  'what was cancelled of a file that is here begins its steps anew': async (store) => {
    const here = { path: '/home/film.mkv', size: 1000, ...mark };
    const { id } = await added(store, { source: 'local', options: { steps: ['upload'] }, here });
    const { lease } = await claimed(store, id);
    await store.beginStep(lease, 0, now);
    await store.completeStep(lease, 0, { outcome: {}, moved: [] }, now);
    await store.change(lease, { to: 'paused' }, now);
    await store.wish(id, { wish: 'cancel', deleteFiles: true }, now);
    await store.wish(id, { wish: 'retry' }, now);
    assert.equal((await store.get(id))?.downloadPath, here.path);
    assert.deepEqual(await states(store, id), ['pending']);
  },

  'what is cancelled with its delivered file in place goes on with its steps; with the file gone it begins anew':
    async (store) => {
      const stays = await processing(store);
      await store.change(stays.lease, { to: 'cancelled' }, now);
      await store.wish(stays.id, { wish: 'retry' }, now);
      assert.equal((await store.get(stays.id))?.downloadPath, delivered.downloadPath);
      const goes = await processing(store);
      await store.beginStep(goes.lease, 0, now);
      await store.recordOutcome(goes.lease, 0, made, now);
      await store.recordOutput(goes.lease, 0, output, now);
      await store.change(goes.lease, { to: 'paused' }, now);
      await store.wish(goes.id, { wish: 'cancel', deleteFiles: true }, now);
      await store.wish(goes.id, { wish: 'retry' }, now);
      assert.equal(present(await store.get(goes.id)).downloadPath, null);
      assert.deepEqual(await store.steps(goes.id), []);
      assert.deepEqual(
        (await store.files(goes.id)).map(({ step }) => step),
        [null],
      );
    },
};
