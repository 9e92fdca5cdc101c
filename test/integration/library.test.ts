import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type DownloadEvent, openLonghaul, type ProgressReport } from '../../src/index.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace } from '../support/program.ts';

const root = resolve(import.meta.dirname, '../..');

test("the README's example runs as it stands there", needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '4m' });
  await using place = await ownPlace();
  try {
    makeFile(join(nginx.root, 'file.iso'), 3_000_000);
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
    assert.match(example, /from 'longhaul'/);
    const library = pathToFileURL(join(root, 'dist', 'index.js')).href;
    await writeFile(join(place.cwd, 'example.mjs'), example.replace("'longhaul'", JSON.stringify(library)));
    const child = spawn(process.execPath, ['example.mjs', `${nginx.url}/file.iso`], {
      cwd: place.cwd,
      env: { LONGHAUL_HOME: place.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, /state completed \{ order: 42 \}/);
    assert.match(stdout, /file\.iso \d+ 3000000/);
    assert.match(stdout, new RegExp(`completed ${join(place.cwd, 'file.iso')}`));
  } finally {
    await nginx.stop();
  }
});

test("the caller's metadata comes back in every event, also after another opening", needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '1m' });
  await using place = await ownPlace();
  await mkdir(place.home);
  try {
    makeFile(join(nginx.root, 'file.iso'), 2_000_000);
    const metadata = { order: 42, tags: ['a', 'b'], nested: { deep: true } };
    const first = await openLonghaul({ home: place.home });
    const link = `${nginx.url}/file.iso`;
    await assert.rejects(first.add({ link, directory: 'films' }), /directory must be an absolute path.*"films"/);
    await assert.rejects(first.add({ link: 7 as never }), /link must be a string/);
    await assert.rejects(first.add({ link, metadata: [] as never }), /metadata must be an object/);
    const moving = Promise.withResolvers<ProgressReport>();
    first.onProgress((report) => report.bytes > 0 && moving.resolve(report));
    const { download } = await first.add({ link: `${nginx.url}/file.iso`, directory: place.cwd, metadata });
    assert.deepEqual((await moving.promise).metadata, metadata);
    await first.close();

    const second = await openLonghaul({ home: place.home });
    const events: DownloadEvent[] = [];
    second.onEvent((event) => void events.push(event));
    const ended = await second.get({ link: `${nginx.url}/file.iso`, directory: place.cwd });
    await second.close();
    assert.equal(ended?.id, download.id, 'the unfinished one was followed');
    assert.equal(ended?.status, 'completed');
    assert.ok(events.length >= 2);
    for (const event of events) assert.deepEqual(event.metadata, metadata, event.kind);
  } finally {
    await nginx.stop();
  }
});

test('control, list, show and history answer without an engine beside one that runs', needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '500k' });
  await using place = await ownPlace();
  try {
    makeFile(join(nginx.root, 'file.iso'), 5_000_000);
    const running = await openLonghaul({ home: place.home });
    const moving = Promise.withResolvers<void>();
    running.onProgress((report) => report.bytes > 0 && moving.resolve());
    const { download } = await running.add({ link: `${nginx.url}/file.iso`, directory: place.cwd });
    await moving.promise;

    const asking = await openLonghaul({ home: place.home, engine: false });
    const began = performance.now();
    const paused = await asking.control(download.id, 'pause');
    assert.deepEqual([paused.obeyed, paused.download.status], [true, 'paused']);
    assert.ok(performance.now() - began < 1000, 'within a second');
    assert.match((await asking.show(String(download.id))).why, /paused/);
    assert.equal((await asking.list({ statuses: ['paused'] }))[0]?.id, download.id);
    await asking.control(download.id, 'cancel');
    await assert.rejects(asking.control(download.id, 'pause'), { name: 'NotPossible' });
    await assert.rejects(asking.show('999'), { name: 'NotFound' });
    assert.equal((await asking.history()).statistics.byStatus.cancelled, 1);
    await asking.close();
    await running.close();
    await running.close();
  } finally {
    await nginx.stop();
  }
});
