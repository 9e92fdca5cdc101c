import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stage } from '../../test/support/engine-stage.ts';
import { realDisk } from '../disk/real-disk.ts';
import { Failure } from '../downloads/failure.ts';

const dead = () => Promise.reject(new Error('killed here'));
const content = Buffer.alloc(100_000, 'It is here in a moment. ');
const short = () => stage(content, {}, undefined, content.length);

test('a short file is delivered whole, through every state, and leaves nothing else behind', async () => {
  const on = await short();
  const seen: string[] = [];
  const { recordVerified } = on.store;
  on.store.recordVerified = async (...given) => {
    seen.push(...(await on.names()));
    return recordVerified(...given);
  };
  await on.run();
  const row = await on.row();
  assert.deepEqual(seen, [`.longhaul-${row?.uid}.part`], 'no sidecar, and no final name before it is recorded');
  assert.partialDeepStrictEqual(row, {
    status: 'completed',
    integrity: 'validator',
    fileSize: content.length,
    bytesDownloaded: content.length,
    downloadPath: join(on.folder, 'file.bin'),
    lockedBy: null,
  });
  assert.deepEqual(await on.names(), ['file.bin']);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  const [file] = await on.store.files(on.id);
  assert.deepEqual([file?.partialPath, file?.durable], [null, [[0, content.length]]]);
  const states = (await on.store.events({ downloadId: on.id, limit: 100 })).flatMap((event) => event.to ?? []);
  assert.deepEqual(states.slice(-3), ['downloading', 'processing', 'completed']);
  await on.close();
});

test('a checksum that somebody names at the last moment is met, or nothing is delivered', async () => {
  const on = await short();
  const { source, link, linkKey, directory, metadata, runner } = (await on.row()) ?? assert.fail('it is there');
  const { recordVerified } = on.store;
  on.store.recordVerified = async (...given) => {
    const asked = { source, link, linkKey, directory, metadata, runner };
    const options = { checksum: `sha-256=${'0'.repeat(64)}` };
    await on.store.add({ ...asked, options, ifExists: 'follow' }, Date.now());
    return recordVerified(...given);
  };
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'retrying', errorClass: 'checksum' });
  assert.ok(!(await on.names()).includes('file.bin'));
  await on.close();
});

test('one byte more than short goes the long way', async () => {
  const on = await stage(content, {}, undefined, content.length - 1);
  on.source.acts.push({ bytes: 10, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    assert.deepEqual(await on.names(), ['file.bin.part', 'file.bin.part.json']);
    run.stop({ by: 'shutdown' });
  });
  await on.close();
});

test('what came of a short file that breaks off is kept under a sidecar, and the next try goes on there', async () => {
  const on = await short();
  on.source.acts.push({ bytes: 40_000, ending: new Failure('network', 'reset') });
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'retrying', bytesDownloaded: 40_000 });
  const partial = `.longhaul-${(await on.row())?.uid}.part`;
  assert.deepEqual(await on.names(), [partial, `${partial}.json`]);
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 40_000]);
  assert.equal((await on.row())?.status, 'completed');
  assert.deepEqual(await on.names(), ['file.bin']);
  await on.close();
});

test('of a short file with a wrong piece the rest counts, under a sidecar, and only that piece is fetched again', async () => {
  const length = 30_000;
  const hashes = [0, 1, 2, 3].map((n) =>
    createHash('sha256')
      .update(content.subarray(n * length, (n + 1) * length))
      .digest('hex'),
  );
  const on = await stage(content, { pieces: { algorithm: 'sha-256', length, hashes } }, undefined, content.length);
  on.source.content = Buffer.from(content);
  on.source.content[65_000] = 0;
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'retrying', bytesDownloaded: 70_000 });
  const partial = `.longhaul-${(await on.row())?.uid}.part`;
  assert.deepEqual(await on.names(), [partial, `${partial}.json`]);
  on.source.content = content;
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 60_000]);
  assert.equal((await on.row())?.status, 'completed');
  assert.deepEqual(await on.names(), ['file.bin']);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  await on.close();
});

test('a short file whose process died before anything counted is begun again in the place of what is there', async () => {
  const on = await short();
  on.source.acts.push({ bytes: 40_000, ending: 'wait' });
  const { pulse } = on.store;
  await on.run(async (run) => {
    await on.source.waiting;
    on.store.pulse = () => Promise.reject(new Error('killed here'));
    run.stop({ by: 'lost' });
  });
  on.store.pulse = pulse;
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  assert.deepEqual(await on.names(), [`.longhaul-${(await on.row())?.uid}.part`]);
  await on.run();
  assert.deepEqual(on.source.fetchedFrom, [0, 0]);
  assert.deepEqual(await on.names(), ['file.bin']);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), content);
  await on.close();
});

test('a short file that was published, then killed before it was recorded, is not fetched again', async () => {
  const on = await short();
  const { deliver, change } = on.store;
  on.store.deliver = dead;
  on.store.change = dead;
  await assert.rejects(on.run(), /killed here/);
  Object.assign(on.store, { deliver, change });
  assert.deepEqual(await on.names(), ['file.bin'], 'the partial is gone already');
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  await on.run();
  assert.partialDeepStrictEqual(await on.row(), { status: 'completed', downloadPath: join(on.folder, 'file.bin') });
  assert.deepEqual(on.source.fetchedFrom, [0]);
  assert.deepEqual(await on.names(), ['file.bin']);
  await on.close();
});

test('another file that came under the recorded name is not taken for the one that was to be published', async () => {
  const on = await short();
  const { recordVerified, change } = on.store;
  on.store.recordVerified = async (...given) => {
    await recordVerified(...given);
    return dead();
  };
  on.store.change = dead;
  await assert.rejects(on.run(), /killed here/);
  Object.assign(on.store, { recordVerified, change });
  await realDisk.remove(join(on.folder, `.longhaul-${(await on.row())?.uid}.part`));
  const theirs = Buffer.alloc(content.length, 'x');
  await writeFile(join(on.folder, 'file.bin'), theirs);
  await on.store.rescue({ dead: ['me'], expiredBefore: 0 }, Date.now());
  await on.run();
  assert.deepEqual(await on.names(), ['file (2).bin', 'file.bin']);
  assert.deepEqual(await readFile(join(on.folder, 'file.bin')), theirs);
  assert.deepEqual(await readFile(join(on.folder, 'file (2).bin')), content);
  await on.close();
});

test('a short file that is cancelled in the middle leaves nothing', async () => {
  const on = await short();
  on.source.acts.push({ bytes: 50_000, ending: 'wait' });
  await on.run(async (run) => {
    await on.source.waiting;
    run.stop({ by: 'wish', wish: { wish: 'cancel' } });
  });
  assert.equal((await on.row())?.status, 'cancelled');
  assert.deepEqual(await on.names(), []);
  await on.close();
});

test('wrong bytes of a short file are set aside under the name that it would have had', async () => {
  const on = await stage(content, { checksum: `sha-256=${'0'.repeat(64)}` }, undefined, content.length);
  await on.run();
  await on.run();
  assert.equal((await on.row())?.status, 'failed');
  assert.deepEqual(await on.names(), ['file.bin.mismatch']);
  await on.close();
});

test('what was found is let go at once where it cannot be recorded', async () => {
  const on = await stage(content);
  const discarded: unknown[] = [];
  on.source.discard = ({ name }) => void discarded.push(name);
  const { recordManifest } = on.store;
  on.store.recordManifest = () => Promise.reject(new Error('the database is away'));
  await on.run();
  assert.deepEqual([discarded, on.source.fetchedFrom], [['file.bin'], []]);
  on.store.recordManifest = recordManifest;
  await on.store.wish(on.id, { wish: 'retry' }, Date.now());
  await on.run();
  assert.deepEqual([discarded.length, (await on.row())?.status], [1, 'completed'], 'what is fetched is not let go');
  await on.close();
});
