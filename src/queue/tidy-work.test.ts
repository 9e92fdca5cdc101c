import assert from 'node:assert/strict';
import { unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hour, inShort, type TidyStage, tidyStage } from '../../test/support/tidy-stage.ts';
import { verdictOnStray } from './tidy-work.ts';

const day = 24 * hour;
const failure = { class: 'network', message: 'reset' } as const;

/** As if it had been written long ago, and the clock had gone on since. */
async function later(stage: TidyStage, ms: number): Promise<void> {
  await stage.clock.advance(ms);
}

test('what a download that failed a day ago has fetched is deleted; the row stays and a retry begins from zero', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const { lease, download } = await stage.begin('a.iso', 'half of it');
  await store.change(lease, { to: 'failed', error: failure }, clock.now());
  await later(stage, day - 1);
  assert.deepEqual(await stage.tidy({ partialsAfter: day }), []);
  await later(stage, 2);
  assert.deepEqual(await stage.tidy({}), [], 'off');
  assert.deepEqual(inShort(await stage.tidy({ partialsAfter: day }, { dryRun: true })), ['gave up a.iso.part']);
  assert.deepEqual(await stage.names(), ['a.iso.part', 'a.iso.part.json']);
  const [done] = await stage.tidy({ partialsAfter: day });
  assert.partialDeepStrictEqual(done, { kind: 'gave up', id: download.id, bytes: 10 });
  assert.deepEqual(await stage.names(), []);
  const kept = await store.get(download.id);
  assert.partialDeepStrictEqual(kept, {
    status: 'failed',
    errorMessage: 'reset',
    bytesDownloaded: 0,
    resumeToken: null,
  });
  assert.equal((await store.wish(download.id, { wish: 'retry' }, clock.now())).download.status, 'pending');
});

test('a paused download is never touched, however old', async () => {
  await using stage = await tidyStage();
  const { lease } = await stage.begin('a.iso', 'half');
  await stage.store.change(lease, { to: 'paused' }, stage.clock.now());
  await later(stage, 400 * day);
  assert.deepEqual(await stage.tidy({ partialsAfter: day, forgetFailedAfter: day }, { unknown: true }), []);
  assert.deepEqual(await stage.names(), ['a.iso.part', 'a.iso.part.json']);
});

test('rows of what failed or was cancelled long ago go with what they fetched, where that is asked for', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const { lease, download } = await stage.begin('a.iso', 'half');
  await store.change(lease, { to: 'failed', error: failure }, clock.now());
  const other = await stage.begin('b.iso', 'half');
  await store.wish(other.download.id, { wish: 'cancel', keepPartial: true }, clock.now());
  await store.change(other.lease, { to: 'cancelled' }, clock.now());
  await later(stage, 2 * day);
  assert.deepEqual(await stage.tidy({}), []);
  const done = await stage.tidy({ forgetFailedAfter: day });
  assert.deepEqual(inShort(done), [`forgot ${download.id}`, `forgot ${other.download.id}`]);
  assert.equal(await store.get(download.id), undefined);
  assert.deepEqual(await stage.names(), []);
});

test('what is tried again while old rows are forgotten stays, and the others go all the same', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const [first, second] = [await stage.begin('a.iso', 'half'), await stage.begin('b.iso', 'half')];
  for (const { lease } of [first, second]) await store.change(lease, { to: 'failed', error: failure }, clock.now());
  await later(stage, 2 * day);
  const retried = {
    ...store,
    async endedBefore(...asked: Parameters<typeof store.endedBefore>) {
      const old = await store.endedBefore(...asked);
      await store.wish(first.download.id, { wish: 'retry' }, clock.now());
      return old;
    },
  };
  const done = await stage.tidy({ forgetFailedAfter: day }, {}, { store: retried });
  assert.deepEqual(inShort(done), [`forgot ${second.download.id}`]);
  assert.deepEqual(
    [await stage.status(first.download.id), await stage.status(second.download.id)],
    ['pending', undefined],
  );
});

test('a crash between cancel or remove and the deletion leaves rests that the next start takes', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const cancelled = await stage.begin('cancelled', 'half');
  await store.change(cancelled.lease, { to: 'paused' }, clock.now());
  await store.wish(cancelled.download.id, { wish: 'cancel' }, clock.now());
  const removed = await stage.begin('removed', 'half');
  await store.change(removed.lease, { to: 'paused' }, clock.now());
  await store.wish(removed.download.id, { wish: 'remove' }, clock.now());
  const kept = await stage.begin('kept', 'half');
  await store.change(kept.lease, { to: 'paused' }, clock.now());
  await store.wish(kept.download.id, { wish: 'cancel', keepPartial: true }, clock.now());
  assert.deepEqual(await stage.tidy(), [], 'whoever gave them up may be at it');
  await later(stage, 600_000);
  const done = await stage.tidy();
  assert.deepEqual(inShort(done), ['orphan downloads/cancelled.part', 'orphan downloads/removed.part']);
  assert.deepEqual(await stage.names(), ['kept.part', 'kept.part.json']);
});

test('of a download that this store never knew nothing is deleted but by hand, and only after a day', async () => {
  await using stage = await tidyStage();
  await using other = await tidyStage();
  await stage.deliver('so that the folder is known', 'x');
  const { download, files } = await other.begin('foreign', 'half');
  const sidecar = { uid: download.uid, source: 'http', link: 'http://h/f', linkKey: 'http://h/f', name: 'foreign' };
  const partialPath = join(stage.folder, 'foreign.part');
  const listed = files.map(({ position, path, size, main }) => ({ position, path, size, main, partialPath }));
  const rest = { directory: stage.folder, options: {}, metadata: {}, category: null, resumeToken: null, createdAt: 1 };
  const text = JSON.stringify({ version: 1, ...sidecar, files: listed, ...rest });
  await writeFile(partialPath, 'half');
  await writeFile(`${partialPath}.json`, text, { mode: 0o600 });
  assert.deepEqual(await stage.tidy({}, { unknown: true }), []);
  await later(stage, 25 * hour);
  const [told] = await stage.tidy({}, { unknown: false });
  assert.partialDeepStrictEqual(told, { kind: 'orphan', whose: 'unknown', kept: true });
  assert.equal((await stage.names()).includes('foreign.part'), true);
  assert.deepEqual(inShort(await stage.tidy({}, { unknown: true })), ['orphan downloads/foreign.part']);
  assert.deepEqual(await stage.names(), ['so that the folder is known']);
});

test('a partial of another program, or one whose sidecar is of another place, is not looked at', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const { lease, download } = await stage.begin('ours', 'half');
  await store.change(lease, { to: 'paused' }, clock.now());
  await store.wish(download.id, { wish: 'remove' }, clock.now());
  await writeFile(join(stage.folder, 'browser.part'), 'theirs');
  const text = (await import('node:fs/promises')).readFile(join(stage.folder, 'ours.part.json'));
  await writeFile(join(stage.folder, 'browser.part.json'), await text, { mode: 0o600 });
  await unlink(join(stage.folder, 'ours.part.json'));
  await utimes(join(stage.folder, 'browser.part'), new Date(0), new Date(0));
  await later(stage, 400 * day);
  assert.deepEqual(await stage.tidy({ partialsAfter: day }, { unknown: true }), []);
  assert.deepEqual(await stage.names(), ['browser.part', 'browser.part.json', 'ours.part']);
});

test('the verdict on a stray partial', () => {
  assert.equal(verdictOnStray('claimed', 9e15, 0), 'leave');
  assert.equal(verdictOnStray('unfinished', 9e15, 0), 'leave');
  assert.equal(verdictOnStray('ended', 59_999, 0), 'leave');
  assert.equal(verdictOnStray('removed', 60_000, day), 'remove');
  assert.equal(verdictOnStray('unknown', day - 1, day), 'leave');
  assert.equal(verdictOnStray('unknown', day, day), 'abandoned');
  assert.equal(verdictOnStray('removed', -hour, day), 'leave', 'a clock that was set back');
});
