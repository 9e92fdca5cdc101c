import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Place, places } from '../../../src/downloads/place.ts';
import { NotPossible, type Store } from '../../../src/store/store.ts';
import { runs } from '../../support/runs.ts';
import {
  added,
  anybody,
  checkpoint,
  claimed,
  delivered,
  inState,
  me,
  now,
  type Promises,
  present,
  runsOn,
} from './scene.ts';

/** Ids in the order in which they stand. */
async function order(store: Store): Promise<number[]> {
  const rows = await store.candidates({ ...anybody, limit: 1000 });
  const sorted = rows.toSorted((a, b) => b.priority - a.priority || a.position - b.position || a.id - b.id);
  return sorted.map(({ id }) => id);
}

/** The order among those that wait, and what a download is counted with. */
export const rankingPromises: Promises = {
  'what is added later stands later, and can be moved to any place of its priority': async (store) => {
    const [a, b, c] = [(await added(store)).id, (await added(store)).id, (await added(store)).id];
    const high = (await added(store, { priority: 1 })).id;
    const after = async (id: number, place: Place) => {
      await store.move(id, place, now);
      return order(store);
    };
    assert.deepEqual(await order(store), [high, a, b, c]);
    assert.deepEqual(await after(c, 'top'), [high, c, a, b]);
    assert.deepEqual(await after(c, 'up'), [high, c, a, b], 'it is the first already');
    assert.deepEqual(await after(c, 'down'), [high, a, c, b]);
    assert.deepEqual(await after(b, 'up'), [high, a, b, c]);
    assert.deepEqual(await after(a, 'bottom'), [high, b, c, a]);
    assert.deepEqual(await after(high, 'bottom'), [high, b, c, a]);
    const late = (await added(store)).id;
    assert.deepEqual(await order(store), [high, b, c, a, late]);
    const [event] = (await store.events({ downloadId: a, limit: 10 })).slice(-1);
    assert.partialDeepStrictEqual(event, { kind: 'changed', detail: { moved: 'bottom' } });
  },

  'any sequence of moves leaves the order that it would have in a list': async (store) => {
    const ids: number[] = [];
    for (let n = 0; n < 6; n += 1) ids.push((await added(store)).id);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ which: fc.nat(5), place: fc.constantFrom(...places) }), { minLength: 1, maxLength: 12 }),
        async (moves) => {
          const list = await order(store);
          for (const { which, place } of moves) {
            const id = present(ids[which]);
            await store.move(id, place, now);
            moveIn(list, id, place);
          }
          assert.deepEqual(await order(store), list);
        },
      ),
      { numRuns: runsOn(store, runs(40)) },
    );
  },

  'two that change places again and again never run out of room between their neighbours': async (store) => {
    const ids: number[] = [];
    for (let n = 0; n < 4; n += 1) ids.push((await added(store)).id);
    const list = [...ids];
    for (let n = 0; n < 120; n += 1) {
      const id = present(list[2]);
      await store.move(id, 'up', now);
      moveIn(list, id, 'up');
      if (n % 40 === 39) assert.deepEqual(await order(store), list);
    }
    await store.move(present(list[3]), 'top', now);
    await store.move(present(list[2]), 'top', now);
    const [x, y, ...rest] = await order(store);
    for (let n = 0; n < 90; n += 1) await store.move(present(n % 2 === 0 ? x : y), 'down', now);
    assert.deepEqual(await order(store), [x, y, ...rest]);
  },

  'only what waits can be moved, only what is unfinished be changed': async (store) => {
    for (const status of ['downloading', 'completed', 'failed', 'cancelled'] as const) {
      await assert.rejects(store.move((await inState(store, status)).id, 'top', now), NotPossible, status);
    }
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      await assert.rejects(store.set((await inState(store, status)).id, { priority: 1 }, now), NotPossible, status);
    }
    for (const status of ['pending', 'retrying', 'paused'] as const) {
      await store.move((await inState(store, status)).id, 'top', now);
    }
    await assert.rejects(store.move(999, 'top', now), NotPossible);
    await assert.rejects(store.set(999, {}, now), NotPossible);
  },

  'priority and category are changed, also while it runs, and told': async (store) => {
    const [a, b] = [(await added(store, { priority: 5 })).id, (await added(store)).id];
    const changed = await store.set(b, { priority: 5, category: 'films' }, now + 1);
    assert.partialDeepStrictEqual(changed, { priority: 5, category: 'films', updatedAt: now + 1 });
    assert.deepEqual(await store.get(b), changed);
    assert.deepEqual(await order(store), [a, b], 'behind those that wait there');
    const { download } = await claimed(store, a, me);
    assert.equal((await store.set(download.id, { category: 'music' }, now)).status, 'downloading');
    assert.equal((await store.set(b, { category: null }, now)).category, null);
    const last = await store.lastEventId();
    await store.set(b, { priority: 5 }, now);
    assert.equal(await store.lastEventId(), last, 'nothing changed');
    const events = await store.events({ downloadId: b, limit: 10 });
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'changed').map(({ detail }) => detail),
      [{ priority: 5, category: 'films' }, { category: null }],
    );
  },

  'files are chosen before and while it runs, and who runs it hears of it': async (store) => {
    const files = [
      { path: 'f/a.mkv', size: 900, main: true },
      { path: 'f/b.nfo', size: 100, main: false, selected: false },
      { path: 'f/c.mkv', size: 500, main: false },
    ];
    const { id } = await added(store, { files: { name: 'f', files }, options: { select: ['*.mkv'] } });
    assert.partialDeepStrictEqual(await store.get(id), { name: 'f', totalBytes: 1400 });
    const selected = async () =>
      (await store.files(id)).map((file) => (file.main ? `${file.selected} main` : file.selected));
    assert.deepEqual(await selected(), ['true main', false, true]);
    const changed = await store.set(id, { select: ['2-3'], filePriorities: ['2=high'] }, now);
    assert.partialDeepStrictEqual(changed, {
      totalBytes: 600,
      options: { select: ['2-3'], filePriorities: ['2=high'] },
    });
    assert.deepEqual(await selected(), [false, true, 'true main']);
    assert.equal((await store.waitingWishes(me)).size, 0);
    await assert.rejects(store.set(id, { select: ['4'] }, now), /none of its 3 files/);
    assert.deepEqual(await selected(), [false, true, 'true main']);

    const { lease } = await claimed(store, id);
    const [first] = (await store.files(id)) ?? [];
    await checkpoint(store, lease, present(first).id, 300);
    assert.equal(present(await store.get(id)).bytesDownloaded, 0, 'nobody wants those');
    assert.partialDeepStrictEqual(await store.set(id, { select: null }, now), {
      totalBytes: 1500,
      bytesDownloaded: 300,
    });
    assert.deepEqual(present(await store.get(id)).options, { filePriorities: ['2=high'] });
    assert.deepEqual((await store.waitingWishes(me)).get(id), { wish: 'nudge', anew: true });
    assert.equal((await store.waitingWishes(me)).size, 0, 'it is told once');
    await store.change(lease, { ...delivered, fileSize: 1500 }, now);
    await assert.rejects(store.set(id, { select: ['1'] }, now), NotPossible);
  },

  'what waits is told page by page in its order, and what runs is not': async (store) => {
    const [a, b, c] = [(await added(store)).id, (await added(store, { priority: 5 })).id, (await added(store)).id];
    const paused = await inState(store, 'paused');
    await claimed(store, (await added(store, { priority: 9 })).id);
    await store.move(c, 'top', now);
    const all = await store.queued({ limit: 10 });
    assert.deepEqual(
      all.map(({ id }) => id),
      [b, c, a, paused.id],
    );
    const pages: number[] = [];
    for (let after = (await store.queued({ limit: 1 })).at(0); after; ) {
      pages.push(after.id);
      [after] = await store.queued({ limit: 1, after });
    }
    assert.deepEqual(pages, [b, c, a, paused.id]);
  },

  'one that is tried again after its end stands behind those that wait': async (store) => {
    const failed = await inState(store, 'failed');
    const waiting = (await added(store)).id;
    await store.wish(failed.id, { wish: 'retry' }, now);
    assert.deepEqual(await order(store), [waiting, failed.id]);
  },
};

function moveIn(list: number[], id: number, place: Place): void {
  const at = list.indexOf(id);
  list.splice(at, 1);
  const to = { top: 0, up: Math.max(0, at - 1), down: Math.min(list.length, at + 1), bottom: list.length }[place];
  list.splice(to, 0, id);
}
