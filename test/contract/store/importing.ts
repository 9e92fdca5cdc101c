import assert from 'node:assert/strict';
import type { ImportedDownload } from '../../../src/store/store.ts';
import { aDownload, anybody, claimed, inState, now, type Promises, present } from './scene.ts';

const before = now - 1_000_000;

function imported(n: number, more: Partial<ImportedDownload> = {}): ImportedDownload {
  return {
    uid: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    source: 'http',
    link: `https://host/${n}`,
    linkKey: `https://host/${n}`,
    name: `${n}.bin`,
    status: 'pending',
    category: null,
    requestedBy: null,
    metadata: { imported: { from: 'elsewhere' } },
    directory: '/downloads',
    options: { maxTries: 3 },
    totalBytes: 1000,
    fileSize: null,
    downloadPath: null,
    integrity: null,
    retryCount: 0,
    lastRetryAt: null,
    startedAt: null,
    completedAt: null,
    createdAt: before,
    updatedAt: before,
    error: null,
    detail: { line: n },
    ...more,
  };
}

/** What an import may rely on. */
export const importingPromises: Promises = {
  'what was completed elsewhere is never in the care of retention': async (store) => {
    const completed = { status: 'completed', fileSize: 1000, completedAt: before } as const;
    await store.importMany([imported(77, completed)], now);
    assert.deepEqual([await store.kept(), await store.keptTotals()], [[], []]);
  },

  'an imported download comes in its state with its facts, and with one event': async (store) => {
    const facts = {
      status: 'completed',
      fileSize: 1000,
      downloadPath: '/downloads/1.bin',
      retryCount: 2,
      lastRetryAt: before + 1,
      startedAt: before + 2,
      completedAt: before + 3,
    } as const;
    const asked = imported(1, { ...facts, error: { class: 'network', message: 'reset' } });
    assert.deepEqual(await store.importMany([asked], now), ['added']);
    const { error: _error, detail: _detail, ...same } = asked;
    const row = present(await store.find(asked.uid));
    assert.partialDeepStrictEqual(row, { ...same, bytesDownloaded: 1000, leaseToken: 0, errorMessage: 'reset' });
    const events = await store.events({ limit: 10 });
    assert.equal(events.length, 1);
    assert.partialDeepStrictEqual(events[0], { kind: 'imported', to: 'completed', downloadId: row.id, at: now });
    assert.deepEqual(events[0]?.detail, { line: 1 });
  },

  'importing again adds nothing and changes nothing, whatever became of it meanwhile': async (store) => {
    const both = [imported(1), imported(2, { status: 'failed' })];
    assert.deepEqual(await store.importMany(both, now), ['added', 'added']);
    const { id } = present(await store.find(imported(1).uid));
    const { download } = await claimed(store, id);
    assert.deepEqual(await store.previewImport(both), ['known', 'known']);
    assert.deepEqual(await store.importMany(both, now), ['known', 'known']);
    assert.deepEqual(await store.get(id), download);
    assert.equal((await store.list({ limit: 10 })).length, 2);
  },

  'an unfinished one whose link is unfinished here already is not downloaded twice; history comes in any case': async (
    store,
  ) => {
    const link = 'https://host/same';
    await store.add(aDownload({ link, linkKey: link }), now);
    const same = { link, linkKey: link };
    const all = [
      imported(1, same),
      imported(2, { ...same, status: 'paused' }),
      imported(3, { ...same, status: 'failed' }),
    ];
    assert.deepEqual(await store.previewImport(all), ['followed', 'followed', 'added']);
    assert.deepEqual(await store.importMany(all, now), ['followed', 'followed', 'added']);
    assert.equal((await store.list({ limit: 10 })).length, 2);
  },

  'of two in one import with one link, or one uid, the first comes in': async (store) => {
    const link = 'https://host/same';
    const all = [imported(1, { link, linkKey: link }), imported(2, { link, linkKey: link }), imported(1)];
    assert.deepEqual(await store.importMany(all, now), ['added', 'followed', 'known']);
  },

  'a preview of an import writes nothing': async (store) => {
    assert.deepEqual(await store.previewImport([imported(1)]), ['added']);
    assert.deepEqual(await store.list({ limit: 10 }), []);
    assert.deepEqual(await store.importMany([], now), []);
  },

  'what is pending after an import is claimed like any other, what is paused waits to be resumed': async (store) => {
    await store.importMany([imported(1), imported(2, { status: 'paused' }), imported(3, { status: 'completed' })], now);
    const links = async () => {
      const found = (await store.candidates(anybody)).map(async ({ id }) => (await store.get(id))?.linkKey);
      return Promise.all(found);
    };
    assert.deepEqual(await links(), ['https://host/1']);
    const { id } = present(await store.find(imported(2).uid));
    await store.wish(id, { wish: 'resume' }, now);
    assert.deepEqual(await links(), ['https://host/1', 'https://host/2']);
    assert.equal((await inState(store, 'completed')).status, 'completed');
  },
};
