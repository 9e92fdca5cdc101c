import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../time/clock.ts';
import { findTools, probeFolder, probeSockets } from './machine.ts';

test('a folder, or where it can be made, is written to, and nothing stays behind', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-machine-'));
  t.after(() => rm(root, { recursive: true }));
  const { place, writtenAt, now } = await probeFolder(join(root, 'a', 'b'), systemClock);
  assert.equal(place, root);
  assert.ok(Math.abs(writtenAt - now) < 2500);
  assert.equal((await probeFolder(root, systemClock)).place, root);
  assert.deepEqual(await readdir(root), []);
});

test('where nobody can write, the sentence names the folder', async () => {
  await assert.rejects(probeFolder('/proc/longhaul', systemClock), /^Error: \/proc\/longhaul: .* write in \/proc \(E/);
});

test('processes can meet in a folder, or it is said why not', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-machine-'));
  t.after(() => rm(root, { recursive: true }));
  const folder = join(root, 'run');
  assert.equal(await probeSockets(folder, systemClock), folder);
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(probeSockets(join(root, 'x'.repeat(200)), systemClock), /no socket can be made in/);
  await assert.rejects(probeSockets('/proc/longhaul', systemClock), /no socket can be made in \/proc\/longhaul/);
});

test('each program that may be called is looked for', async () => {
  const tools = await findTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['ffmpeg', 'ffprobe', 'mega-get', 'rclone', '7zz', 'unar', 'xz'],
  );
});
