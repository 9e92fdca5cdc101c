import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stage } from '../../test/support/engine-stage.ts';

test('of several files only those that are wanted are fetched, and another choice begins the run again', async () => {
  const on = await stage(Buffer.alloc(100_000, 'a'), { select: ['1-2'] });
  const [nfo, sample] = [Buffer.alloc(500, 'n'), Buffer.alloc(700, 's')];
  on.source.more = [
    { path: 'f/b.nfo', content: nfo },
    { path: 'f/sample.mkv', content: sample },
  ];
  on.source.name_ = 'f/a.mkv';
  on.source.acts.push({ bytes: 1000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    await on.store.set(on.id, { select: ['2-3'] }, Date.now());
    run.stop({ by: 'choice' });
  });
  assert.partialDeepStrictEqual(await on.row(), { status: 'pending', totalBytes: 1200, retryCount: 0 });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'completed', fileSize: 1200, bytesDownloaded: 1200 });
  assert.deepEqual(await on.names(), ['f']);
  assert.deepEqual((await readdir(join(on.folder, 'f'))).toSorted(), ['b.nfo', 'sample.mkv']);
  assert.deepEqual(await readFile(join(on.folder, 'f', 'sample.mkv')), sample);
});
