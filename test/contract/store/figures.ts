import assert from 'node:assert/strict';
import {
  checkpoint,
  delivered,
  inState,
  manifest,
  me,
  networkError,
  now,
  type Promises,
  present,
  retryAt,
  running,
} from './scene.ts';

const quarter = 900_000;
const none = { tries: 0, resumes: 0, resumed: 0, bytes: 0, ms: 0, peak: 0 };

/** What statistics are made of. */
export const figuresPromises: Promises = {
  'an empty store has no figures': async (store) => {
    assert.deepEqual(await store.figures(0), { groups: [], ends: [], attempts: none });
  },

  'downloads are counted by source, category and state, and by the quarter of an hour in which they ended': async (
    store,
  ) => {
    await inState(store, 'completed');
    await inState(store, 'completed');
    await inState(store, 'failed');
    await inState(store, 'pending');
    const { claim } = await running(store, { category: 'films' });
    await store.change(claim.lease, delivered, now);
    await store.change(claim.lease, { to: 'completed' }, now + quarter);
    const { groups, ends } = await store.figures(0);
    const sorted = groups.map(({ category, status, count, bytes }) => [category ?? '', status, count, bytes].join(' '));
    assert.deepEqual(sorted.toSorted(), [' completed 2 2000', ' failed 1 0', ' pending 1 0', 'films completed 1 1000']);
    const at = Math.floor(now / quarter) * quarter;
    assert.deepEqual(
      ends.toSorted((a, b) => a.at - b.at || a.failed - b.failed),
      [
        { at, completed: 2, failed: 0, bytes: 2000 },
        { at, completed: 0, failed: 1, bytes: 0 },
        { at: at + quarter, completed: 1, failed: 0, bytes: 1000 },
      ],
    );
    const later = await store.figures(now + 1);
    assert.deepEqual([later.groups.length, later.ends.length], [1, 1]);
  },

  'tries are counted, with what they fetched, how fast, and whether they went on': async (store) => {
    const { claim, fileId } = await running(store);
    const { id } = claim.download;
    const pulse = { instance: me, leases: [], leaseUntil: 0, samples: [] };
    const at = (to: number, speed: number) => [{ lease: claim.lease, fileId, ranges: [[0, to]] as const, speed }];
    await store.pulse({ ...pulse, checkpoints: at(300, 5000) }, now);
    await store.pulse({ ...pulse, checkpoints: at(400, 70) }, now);
    assert.deepEqual((await store.figures(0)).attempts, none, 'one that still runs is not counted');
    await store.change(claim.lease, retryAt(now), now + 1000);
    const second = present(await store.claim(id, me, now + 9000, now + 2000));
    await store.recordManifest(second.lease, manifest, now + 2000);
    await checkpoint(store, second.lease, fileId, 900);
    await store.change(second.lease, { to: 'failed', error: networkError }, now + 4000);
    const once = { tries: 2, resumes: 1, resumed: 1, bytes: 900, ms: 3000, peak: 5000 };
    assert.deepEqual((await store.figures(0)).attempts, once);
    await store.wish(id, { wish: 'retry' }, now + 5000);
    const third = present(await store.claim(id, me, now + 9000, now + 5000));
    const restarted = { ...manifest, restart: true, reason: 'changed' };
    const [file] = present(await store.recordManifest(third.lease, restarted, now + 5000));
    await checkpoint(store, third.lease, file?.id ?? 0, 1000);
    await store.change(third.lease, delivered, now + 6000);
    await store.change(third.lease, { to: 'completed' }, now + 6000);
    const all = { tries: 3, resumes: 2, resumed: 1, bytes: 1900, ms: 4000, peak: 5000 };
    assert.deepEqual((await store.figures(0)).attempts, all);
    assert.equal((await store.figures(now + 5000)).attempts.tries, 1);
    assert.equal((await store.figures(0)).groups[0]?.retries, 1);
  },
};
