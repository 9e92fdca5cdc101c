import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { longhaul, ownPlace, type Place, type Program, run } from '../support/program.ts';

const nginx = { ...needs('nginx'), timeout: 60_000 };
const jsonLog = { LONGHAUL_LOG_FORMAT: 'json' };

test('a server runs what other terminals add, and ends decently at SIGTERM', nginx, async (t) => {
  const { place, link, digest } = await stage(t, '2m', 4_000_000);
  const server = await serving(t, place);
  const added = await run(['add', '-d', place.cwd, link], place);
  assert.equal(added.stderr, '', 'somebody runs it');
  await server.says(/download 1 is downloading/);
  server.kill('SIGTERM');
  const end = await server.ended;
  assert.equal(end.code, 0, end.stderr);
  const row = await only(place);
  assert.partialDeepStrictEqual(row, { status: 'pending' });
  const again = await serving(t, place);
  await again.says(/download 1 is completed/);
  assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
});

test('get hands its links to the server and follows; when the server dies it goes on by itself', nginx, async (t) => {
  const { place, link, digest } = await stage(t, '2m', 5_000_000);
  const server = await serving(t, place);
  const get = longhaul(['get', link, '--json'], place);
  await get.says(`handed to longhaul serve (process ${server.child.pid})`);
  await get.says('downloading');
  server.kill('SIGKILL');
  const end = await get.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
});

test('with Ctrl-C get only stops following; with settings of its own it runs its links itself', nginx, async (t) => {
  const { place, link } = await stage(t, '2m', 4_000_000);
  const server = await serving(t, place);
  const get = longhaul(['get', link], place);
  await get.says('downloading');
  get.kill('SIGINT');
  const end = await get.ended;
  assert.equal(end.code, 130);
  assert.match(end.stderr, /no longer following; longhaul serve \(process \d+\) goes on/);
  await server.says(/download 1 is completed/);
  const own = await run(['--set', 'http.connections=1', 'get', `${link}?own`], place);
  assert.equal(own.code, 0, own.stderr);
  assert.doesNotMatch(own.stderr, /handed/);
});

test('a server that was killed goes on by itself when it is started again', nginx, async (t) => {
  const { place, link, digest } = await stage(t, '2m', 4_000_000);
  const server = await serving(t, place);
  await ask(['add', '-d', place.cwd, link], place);
  await server.says(/download 1 is downloading/);
  server.kill('SIGKILL');
  await server.ended;
  const again = await serving(t, place);
  await again.says(/download 1 is completed/);
  assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
});

test('SIGHUP takes over what it can, names the rest, and survives a mistake in the file', nginx, async (t) => {
  const { place, link } = await stage(t, '2m', 1000);
  const file = join(place.home, 'config.yaml');
  const server = await serving(t, place);
  await writeFile(file, 'limits: { rate: 0.1MB }\nqueue: { slots: 1 }\nhttp: { connections: 2 }\n');
  server.kill('SIGHUP');
  await server.says(/from now on: queue\.slots, limits\.rate; only from the next start on: http\.connections/);
  await writeFile(file, 'limits: { rate: fast }\n');
  server.kill('SIGHUP');
  await server.says(/the configuration stays as it was: .*limits\.rate/);
  await rm(file);
  await ask(['add', '-d', place.cwd, link], place);
  await server.says(/download 1 is completed/);
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
});

test('a second server needs another name, and then both work', nginx, async (t) => {
  const { place, link } = await stage(t, '2m', 1000);
  const first = await serving(t, place);
  const refused = await run(['serve'], place);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, new RegExp(`process ${first.child.pid} on .*; stop it, or .* --name NAME`));
  const second = await serving(t, place, ['--name', 'second']);
  first.kill('SIGINT');
  assert.equal((await first.ended).code, 0);
  await ask(['add', '-d', place.cwd, link], place);
  await second.says(/download 1 is completed/);
  const third = await serving(t, place, ['--set', 'lease.heartbeat=100ms']);
  assert.ok(third.child.pid, 'the name of one that ended is free');
  await rm(join(place.home, 'db', 'longhaul.db'));
  const end = await third.ended;
  assert.equal(end.code, 5, 'without its database it ends, to be started anew');
  assert.match(end.stderr, /moved, deleted or replaced while it was in use .*: start again$/m);
});

async function stage(t: TestContext, limitRate: string, bytes: number) {
  const server = await startNginx({ limitRate });
  const own = await ownPlace();
  t.after(async () => {
    await server.stop();
    await own[Symbol.asyncDispose]();
  });
  const digest = makeFile(join(server.root, 'file.iso'), bytes);
  return { place: { ...own, env: jsonLog }, link: `${server.url}/file.iso`, digest };
}

/** A server that is ready; ended with the test. */
async function serving(t: TestContext, place: Place, more: readonly string[] = []): Promise<Program> {
  const server = longhaul(['serve', '--json', ...more], place);
  t.after(async () => {
    server.kill('SIGKILL');
    await server.ended;
  });
  await server.says('"ready":true');
  return server;
}

async function only(place: Place): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(['list', '--json'], place)).stdout);
}
