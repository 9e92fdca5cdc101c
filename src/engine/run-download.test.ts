import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Stage, stage } from '../../test/support/engine-stage.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import { Failure } from '../downloads/failure.ts';
import type { AskedWish, Change, Store } from '../store/store.ts';
import { systemClock } from '../time/clock.ts';
import { extendDeadline, momentOn } from '../time/deadline.ts';
import type { Run } from './run.ts';

const content = Buffer.alloc(100_000, 'All that is fetched is kept. ');
const digest = createHash('sha256').update(content).digest('hex');

const stageOf = (options?: DownloadOptions, store?: Store) => stage(content, options, store);

test('a download is resolved, fetched, verified, published and completed, and leaves nothing else behind', async () => {
  const on = await stageOf({ checksum: `sha-256=${digest}` });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'completed',
    integrity: 'checksum',
    fileSize: content.length,
    bytesDownloaded: content.length,
    downloadPath: join(on.folder, 'file.bin'),
    lockedBy: null,
  });
  assert.deepEqual(await on.names(), ['file.bin']);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  const states = (await on.store.events({ downloadId: on.id, limit: 100 })).flatMap((event) => event.to ?? []);
  assert.deepEqual(states.slice(-3), ['downloading', 'processing', 'completed']);
  await on.close();
});

test('a try that breaks off keeps what came; the next goes on there', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 40_000, ending: new Failure('network', 'reset') });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'retrying', waitingFor: 'backoff', bytesDownloaded: 40_000 });
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 40_000]);
  assert.equal((await on.row())?.status, 'completed');
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  await on.close();
});

test('a file that changed is begun again from the first byte, never mixed', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 40_000, ending: new Failure('network', 'reset') });
  await on.run();
  on.source.version = 'v2';
  on.source.content = Buffer.alloc(90_000, 'Another text altogether. ');
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 0]);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), on.source.content);
  const restarted = (await on.store.events({ downloadId: on.id, limit: 100 })).find(
    (event) => event.kind === 'restarted',
  );
  assert.equal(restarted?.detail.reason, 'the file changed on the server');
  assert.deepEqual(await on.names(), ['file.bin']);
  await on.close();
});

test('a partial that somebody removed or cut is not believed in', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 40_000, ending: new Failure('network', 'reset') });
  await on.run();
  await rm(join(on.folder, 'file.bin.part'));
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 0]);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  await on.close();
});

test('wrong bytes are fetched once more, then the download fails and nothing is published', async () => {
  const on = await stageOf({ checksum: `sha-256=${'0'.repeat(64)}` });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'retrying', errorClass: 'checksum', bytesDownloaded: 0 });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'failed', errorClass: 'checksum' });
  assert.deepEqual(on.source.fetchedFrom, [0, 0]);
  assert.deepEqual(await on.names(), ['file.bin.mismatch']);
  assert.match((await on.row())?.errorMessage ?? '', /kept as file\.bin\.mismatch$/);
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.equal(on.source.fetchedFrom.at(-1), 0, 'a retry fetches again from the beginning');
  await on.close();
});

const piecesOf = (bytes: Buffer, length: number) => ({
  algorithm: 'sha-256',
  length,
  hashes: Array.from({ length: Math.ceil(bytes.length / length) }, (_, n) =>
    createHash('sha256')
      .update(bytes.subarray(n * length, (n + 1) * length))
      .digest('hex'),
  ),
});

test('of a file with one wrong piece only that piece is fetched once more', async () => {
  const on = await stageOf({ pieces: piecesOf(content, 30_000) });
  on.source.content = Buffer.from(content);
  on.source.content[65_000] = 0;
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'retrying',
    errorClass: 'checksum',
    bytesDownloaded: 70_000,
  });
  on.source.content = content;
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 60_000]);
  assert.partialDeepStrictEqual(await on.row(), { status: 'completed', integrity: 'checksum' });
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  await on.close();
});

test('a piece that is wrong a second time fails the download, and what came is kept aside', async () => {
  const on = await stageOf({ pieces: piecesOf(content, 30_000) });
  on.source.content = Buffer.from(content);
  on.source.content[65_000] = 0;
  await on.run();
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'failed', errorClass: 'checksum' });
  assert.deepEqual(await on.names(), ['file.bin.mismatch']);
  await on.close();
});

test('a disk that fails three times in a row is given up in spite of progress; a person begins the count anew', async () => {
  const on = await stageOf();
  const broken = () => new Failure('disk', 'EIO', { retry: { when: 'now' } });
  for (let n = 0; n < 4; n += 1) on.source.acts.push({ bytes: 10_000, ending: broken() });
  for (const status of ['retrying', 'retrying', 'failed']) {
    await on.run();
    assert.partialDeepStrictEqual(await on.row(), { status, errorClass: 'disk' });
  }
  assert.match((await on.row())?.errorMessage ?? '', /EIO \(3 times in a row\)/);
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.equal((await on.row())?.status, 'retrying');
  await on.run();
  assert.equal((await on.row())?.status, 'completed');
  await on.close();
});

test('three tries in vain are the end, and what was fetched is kept', async () => {
  const on = await stageOf();
  for (const bytes of [10, 0, 0, 0]) on.source.acts.push({ bytes, ending: new Failure('network', 'reset') });
  for (let tries = 0; tries < 4 && (await on.row())?.status !== 'failed'; tries += 1) await on.run();
  const row = await on.row();
  assert.partialDeepStrictEqual(row, { status: 'failed', errorClass: 'network', bytesDownloaded: 10 });
  assert.match(row?.errorMessage ?? '', /gave up after 3 tries/);
  assert.ok((await on.names()).includes('file.bin.part'));
  await on.close();
});

test('paused in the middle: what came is durable and recorded, and it goes on there', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 70_000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    run.stop({ by: 'wish', wish: { wish: 'pause' } });
  });
  assert.partialDeepStrictEqual(await on.row(), { status: 'paused', bytesDownloaded: 70_000 });
  await on.store.wish(on.id, { wish: 'resume' }, Date.now());
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 70_000]);
  await on.close();
});

test('a shutdown gives the lease back and is no retry', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 50_000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    run.stop({ by: 'shutdown' });
  });
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'pending',
    bytesDownloaded: 50_000,
    retryCount: 0,
    triesInVain: 0,
    lockedBy: null,
  });
  await on.close();
});

test('cancelled in the middle: the partial and its sidecar are removed', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 50_000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    assert.deepEqual(await on.names(), ['file.bin.part', 'file.bin.part.json']);
    run.stop({ by: 'wish', wish: { wish: 'cancel' } });
  });
  assert.equal((await on.row())?.status, 'cancelled');
  assert.deepEqual(await on.names(), []);
  await on.close();
});

test('when the lease is lost nothing is written, published or recorded', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 50_000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
    await on.claim('another');
    run.stop({ by: 'lost' });
  });
  assert.partialDeepStrictEqual(await on.row(), { status: 'downloading', lockedBy: 'another', bytesDownloaded: 0 });
  await on.close();
});

test('a lease lost unnoticed is noticed at the next write, before anything is published', async () => {
  const on = await stageOf();
  const done = on.run(async () => {
    await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
    await on.claim('another');
  });
  await done;
  assert.partialDeepStrictEqual(await on.row(), { status: 'downloading', lockedBy: 'another' });
  assert.ok(!(await on.names()).includes('file.bin'));
  await on.close();
});

test('published, then killed before it was recorded: the next run records it and fetches nothing', async () => {
  const on = await stageOf();
  const realChange = on.store.change;
  on.store.change = () => Promise.reject(new Error('killed here'));
  await assert.rejects(on.run(), /killed here/);
  on.store.change = realChange;
  assert.deepEqual(await on.names(), ['file.bin', 'file.bin.part', 'file.bin.part.json']);
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'completed',
    integrity: 'validator',
    downloadPath: join(on.folder, 'file.bin'),
  });
  assert.deepEqual(on.source.fetchedFrom, [0]);
  assert.equal(on.source.resolves.length, 1);
  assert.deepEqual(await on.names(), ['file.bin']);
  await on.close();
});

test('that a file can run programs is said once, also where its run was killed before it was recorded', async () => {
  const on = await stageOf();
  on.source.name_ = 'setup.exe';
  const { change, note } = on.store;
  const killed = () => Promise.reject(new Error('killed here'));
  Object.assign(on.store, { change: killed, note: killed });
  await assert.rejects(on.run(), /killed here/);
  Object.assign(on.store, { change, note });
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  await on.run();
  const events = await on.store.events({ downloadId: on.id, limit: 100 });
  const said = events.flatMap(({ kind, detail }) => (kind === 'warning' ? [detail.message] : []));
  assert.deepEqual(said, ['this kind of file can run programs when opened']);
  await on.close();
});

test('a name that is taken gets a number; what stood there stays', async () => {
  const on = await stageOf();
  await writeFile(join(on.folder, 'file.bin'), 'theirs');
  let run: Run | undefined;
  await on.run(async (one) => {
    run = one;
  });
  assert.equal(run?.progress().name, 'file (2).bin', 'it is called as it is on disk');
  assert.deepEqual(await on.names(), ['file (2).bin', 'file.bin']);
  assert.equal((await on.row())?.downloadPath, join(on.folder, 'file (2).bin'));
  await on.close();
});

test('a hostile name ends up inside the folder', async () => {
  const on = await stageOf();
  on.source.name_ = '../../.ssh/authorized_keys';
  await on.run();
  assert.deepEqual(await on.names(), ['_ssh']);
  assert.equal((await on.row())?.downloadPath, join(on.folder, '_ssh', 'authorized_keys'));
  await on.close();
});

test('no space is a wait that never counts as a try', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 10, ending: new Failure('no_space', 'the disk is full') });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'retrying',
    waitingFor: 'no_space',
    triesInVain: 0,
    retryCount: 0,
  });
  await on.close();
});

test('a resolve that is refused fails the download in one sentence', async () => {
  const on = await stageOf();
  on.source.resolveFailures.push(new Failure('refused', 'the server says 404: there is no such file'));
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), {
    status: 'failed',
    errorClass: 'refused',
    errorMessage: 'the server says 404: there is no such file',
  });
  assert.deepEqual(await on.names(), []);
  await on.close();
});

test('a removal that comes while the last step ends forgets the download; what was delivered stays', async () => {
  const on = await stageOf();
  await on.run(() => late(on, 'completed', { wish: 'remove' }));
  assert.equal(await on.row(), undefined);
  assert.deepEqual(await on.names(), ['file.bin']);
  await on.close();
});

test('a removal that comes while a try fails for good clears everything away', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 10, ending: new Failure('refused', 'the server says 403') });
  await on.run(() => late(on, 'failed', { wish: 'remove' }));
  assert.partialDeepStrictEqual(await on.row(), { status: 'pending', wish: 'remove' });
  await on.run((run) => run.stop({ by: 'wish', wish: { wish: 'remove' } }));
  assert.equal(await on.row(), undefined);
  assert.deepEqual(await on.names(), []);
  await on.close();
});

test('a removal with its files that comes while the last step ends takes the delivered file along', async () => {
  const on = await stageOf();
  const wish = { wish: 'remove', deleteFiles: true } as const;
  await on.run(() => late(on, 'completed', wish));
  assert.partialDeepStrictEqual(await on.row(), { status: 'pending', wish: 'remove' });
  await on.run((run) => run.stop({ by: 'wish', wish }));
  assert.equal(await on.row(), undefined);
  assert.deepEqual(await on.names(), []);
  await on.close();
});

test('past the end of its lease a run leaves file, names and row alone', async () => {
  const on = await stageOf();
  on.source.acts.push({ bytes: 40_000, ending: new Failure('network', 'reset') });
  await on.run();
  const path = join(on.folder, 'file.bin.part');
  const before = await stat(path);
  await on.run((run) => {
    if (run.deadline) extendDeadline(run.deadline, momentOn(systemClock), -1);
  });
  assert.partialDeepStrictEqual(await on.row(), { status: 'downloading', bytesDownloaded: 40_000 });
  const after = await stat(path);
  assert.deepEqual([after.size, after.mtimeMs, after.ino], [before.size, before.mtimeMs, before.ino]);
  assert.deepEqual(await on.names(), ['file.bin.part', 'file.bin.part.json']);
  await on.close();
});

test('a digest that the server tells counts like one that was asked for, where nobody asked for one', async () => {
  for (const [told, options, end] of [
    [digest, {}, { status: 'completed', integrity: 'checksum' }],
    ['0'.repeat(64), {}, { status: 'retrying', errorClass: 'checksum', bytesDownloaded: 0 }],
    ['0'.repeat(64), { checksum: `sha-256=${digest}` }, { status: 'completed', integrity: 'checksum' }],
  ] as const) {
    const on = await stageOf(options);
    const { resolve } = on.source;
    on.source.resolve = async (...asked) => ({ ...(await resolve(...asked)), digest: `sha-256=${told}` });
    await on.run();
    assert.partialDeepStrictEqual(await on.row(), end);
    await on.close();
  }
});

test('a file of another size than was announced is not delivered, whatever its source says', async () => {
  const on = await stageOf({ size: content.length + 1 });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'failed', errorClass: 'changed' });
  assert.ok(!(await on.names()).includes('file.bin'));
  await on.close();
});

/** A person's wish arrives after everything is done and before its last change is recorded. */
function late(on: Stage, to: Change['to'], wish: AskedWish): void {
  const { change } = on.store;
  on.store.change = async (lease, asked, now) => {
    if (asked.to === to) {
      on.store.change = change;
      await on.store.wish(lease.id, wish, now);
    }
    return change(lease, asked, now);
  };
}
