import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after as atEnd, beforeEach, test } from 'node:test';
import { type DownloadEvent, type Library, openLonghaul } from '../../src/index.ts';
import { patterned } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { startMegaServer } from '../support/mega-server.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';

const bytes = patterned(1_300_001);
const digest = createHash('sha256').update(bytes).digest('hex');
const server = await startMegaServer();
const link = await server.shareFile('film.mkv', bytes);
const key = link.split('#')[1] ?? '';
const folder = await server.shareFolder('Holiday', {
  'a.txt': Buffer.from('first'),
  'deep/b.bin': patterned(40_000),
});
/** One for all that needs no process of its own; each test has a folder of its own in it. */
const shared = await ownPlace();
const library = await openLonghaul({ home: shared.home, settings: { 'mega.gateway': server.gateway } });

beforeEach(() => server.heal());
atEnd(async () => {
  await library.close();
  await server.stop();
  await shared[Symbol.asyncDispose]();
});

function get(wanted: string, name: string, more: Partial<Parameters<Library['get']>[0]> = {}) {
  return library.get({ link: wanted, directory: join(shared.cwd, name), ifExists: 'new', ...more });
}

test('a file comes whole, proved by its MAC, and its key is shown nowhere', async () => {
  await using at = await ownPlace();
  const place: Place = { ...at, env: { LONGHAUL_MEGA_GATEWAY: server.gateway, LONGHAUL_LOG_LEVEL: 'trace' } };
  const got = await run(['get', link, '--json'], place);
  assert.equal(got.code, 0, got.stderr);
  assert.equal(JSON.parse(got.stdout).integrity, 'checksum');
  assert.equal(await sha256(join(at.cwd, 'film.mkv')), digest);
  const said = await Promise.all([['show', '1'], ['export']].map((verb) => run(verb, place)));
  const logs = await readdir(join(at.home, 'logs')).catch(() => []);
  const logged = await Promise.all(logs.map((name) => readFile(join(at.home, 'logs', name), 'utf8')));
  const words = [got, ...said]
    .flatMap(({ stdout, stderr }) => [stdout, stderr])
    .concat(logged)
    .join('');
  assert.ok(logged.join('').includes('"'), 'there is a log');
  assert.ok(!words.includes(key));
  assert.match(words, /mega\.nz\/file\/\w{8}#\*\*\*/);
});

test('a folder keeps its tree', async () => {
  const got = await get(folder, 'tree');
  assert.equal(got?.downloadPath, join(shared.cwd, 'tree', 'Holiday'));
  assert.deepEqual(await readFile(join(shared.cwd, 'tree/Holiday/deep/b.bin')), patterned(40_000));
  assert.equal(await readFile(join(shared.cwd, 'tree/Holiday/a.txt'), 'utf8'), 'first');
});

test('killed in the middle it goes on where it was, to the same SHA-256', async () => {
  await using at = await ownPlace();
  const place: Place = { ...at, env: { LONGHAUL_MEGA_GATEWAY: server.gateway, LONGHAUL_CHECKPOINT_BYTES: '200kB' } };
  server.faults.stallAfter = 800_000;
  const first = longhaul(['get', link], place);
  await untilKnown(at, 700_000);
  first.kill('SIGKILL');
  await first.ended;
  server.heal();
  const again = await run(['resume-downloads'], place);
  assert.equal(again.code, 0, again.stderr);
  assert.ok((server.asked[0]?.[0] ?? 0) >= 690_000, JSON.stringify(server.asked[0]));
  assert.equal(await sha256(join(at.cwd, 'film.mkv')), digest);
});

test('a used up quota is a wait until the time that MEGA names, then it goes on', async () => {
  Object.assign(server.faults, { overQuota: 100, quotaLeft: 3600 });
  const waits = await get(link, 'quota', { wait: 1000 });
  assert.deepEqual([waits?.status, waits?.waitingFor], ['retrying', 'quota']);
  const wait = ((waits?.nextAttemptAt ?? 0) - Date.now()) / 1000;
  assert.ok(wait > 3500 && wait <= 3600, String(wait));
  await library.control(waits?.id ?? 0, 'cancel');
  Object.assign(server.faults, { overQuota: 1, quotaLeft: 0.2 });
  const seen: DownloadEvent[] = [];
  const stop = library.onEvent((event) => void seen.push(event));
  const other = await get(link, 'quota', { options: { connections: 1 } });
  stop();
  assert.equal(other?.status, 'completed');
  assert.ok(seen.some(({ to }) => to === 'retrying'));
  assert.equal(await sha256(join(shared.cwd, 'quota/film.mkv')), digest);
});

test('a changed byte is found by the MAC, fetched once more, then failed and never delivered', async () => {
  server.faults.flipAt = 1_234_567;
  const got = await get(link, 'flipped');
  assert.deepEqual([got?.status, got?.errorClass], ['failed', 'checksum']);
  assert.match(got?.errorMessage ?? '', /MAC does not match/);
  assert.ok(!(await readdir(join(shared.cwd, 'flipped'))).includes('film.mkv'));
  assert.equal(server.asked.filter(([from]) => from === 0).length, 2);
});

test('of a folder with a changed byte only that file is fetched once more, and it is named', async () => {
  server.faults.flipAt = 39_999;
  const seen: DownloadEvent[] = [];
  const stop = library.onEvent((event) => {
    seen.push(event);
    if (event.to === 'retrying') server.faults.flipAt = -1;
  });
  const got = await get(folder, 'flipped-tree');
  stop();
  assert.equal(got?.status, 'completed');
  assert.match(JSON.stringify(seen.find(({ to }) => to === 'retrying')), /the bytes of Holiday\/deep\/b\.bin are not/);
  assert.deepEqual(
    server.asked.map(([, to]) => to).toSorted((a, b) => a - b),
    [4, 39_999, 39_999],
  );
  server.faults.flipAt = 39_999;
  const wrong = await get(folder, 'wrong-tree');
  assert.match(wrong?.errorMessage ?? '', /its MAC does not match; kept as b\.bin\.mismatch$/);
  assert.deepEqual(await readdir(join(shared.cwd, 'wrong-tree/Holiday/deep')), ['b.bin.mismatch']);
});

test('through a proxy everything goes, questions and bytes', async () => {
  const through: string[] = [];
  const proxy = createServer((request, response) => {
    through.push(request.url ?? '');
    const { method = 'GET', headers } = request;
    const onward = ask(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  try {
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    assert.equal((await get(folder, 'proxied', { options: { proxy: address } }))?.status, 'completed');
    assert.equal(through.length, server.questions.length + server.asked.length);
    assert.ok(through.length >= 5);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a wrong key and a deleted file are said as such', async () => {
  const wrong = await get(link.replace(key, `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`), 'wrong');
  assert.match(wrong?.errorMessage ?? '', /the key in the MEGA link is wrong/);
  server.faults.apiError = -9;
  const gone = await get(folder, 'wrong');
  assert.match(gone?.errorMessage ?? '', /it was deleted, or the link is wrong/);
  for (const end of [wrong, gone]) assert.equal(end?.status, 'failed');
});

test('answers that end too early are asked for again and never taken for the end', async () => {
  server.faults.cutShort = true;
  const cut = Promise.withResolvers<void>();
  const stop = library.onEvent(({ to }) => to === 'retrying' && cut.resolve());
  const ended = get(link, 'cut', { options: { retryWait: 10 } });
  await cut.promise;
  stop();
  server.heal();
  assert.equal((await ended)?.status, 'completed');
  assert.equal(await sha256(join(shared.cwd, 'cut/film.mkv')), digest);
});
