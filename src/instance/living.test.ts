import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, unlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProgressReport } from '../downloads/events.ts';
import { silentLog } from '../log/log.ts';
import { openStore } from '../store/open.ts';
import type { InstanceRow } from '../store/store.ts';
import { systemClock } from '../time/clock.ts';
import { createLiving, socketPath } from './living.ts';
import { createInstanceSocket } from './socket.ts';

const ttl = 30_000;

async function scene(t: TestContext, clock = systemClock) {
  const sockets = await mkdtemp(join(tmpdir(), 'longhaul-living-'));
  const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
  t.after(async () => {
    await store.close();
    await rm(sockets, { recursive: true });
  });
  const living = createLiving({ store, clock, sockets, ttl });
  const row = (uid: string, silentFor: number, host = hostname()): InstanceRow => {
    const beatAt = systemClock.now() - silentFor;
    return { uid, host, pid: 1, role: 'get', socketPath: '', startedAt: beatAt, beatAt };
  };
  return { sockets, store, living, row };
}

/** What a killed process leaves: a socket that refuses. */
async function deadSocket(path: string): Promise<void> {
  const listen = `require('node:net').createServer().listen(process.argv[1], () => console.log('here'))`;
  const child = spawn(process.execPath, ['-e', listen, path]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('an instance whose socket answers lives, however old its heartbeat is, and tells at once how far it is', async (t) => {
  const { living, row, sockets } = await scene(t);
  const report = { downloadId: 7, bytes: 10 } as ProgressReport;
  const socket = createInstanceSocket({
    path: socketPath(sockets, 'a'),
    uid: 'a',
    clock: systemClock,
    reports: () => [report],
    followers: new Set(),
  });
  await socket.start();
  assert.deepEqual(await living.reports('a'), [report]);
  assert.deepEqual(await living.reports('b'), []);
  assert.equal(await living.isAlive(row('a', 9 * ttl)), true);
  assert.equal(await living.isAlive(row('b', 0)), true, 'another one, whose socket is gone');
  await socket.stop();
});

test('a socket that refuses proves death at once, to everybody who asks, until it was given up', async (t) => {
  const { living, row, sockets, store } = await scene(t);
  const path = socketPath(sockets, 'a');
  await deadSocket(path);
  await store.registerInstance(row('a', 0));
  assert.equal(await living.isAlive(row('a', 0)), false);
  assert.deepEqual(await living.gone('me'), { dead: ['a'], silent: [] });
  assert.equal(existsSync(path), true, 'whoever only asks takes the proof away from nobody');
  await living.bury('a');
  assert.equal(existsSync(path), false);
  assert.deepEqual(await store.instances(), []);
});

test('one that is caught while it dies, and cuts off who asks before its socket refuses, is dead', async (t) => {
  const death = Promise.withResolvers<void>();
  let waits = 0;
  const untilDead = async () => {
    waits += 1;
    await death.promise;
  };
  const { living, row, sockets, store } = await scene(t, { ...systemClock, sleep: untilDead });
  const listen = `require('node:net').createServer((client) => {
    client.once('close', () => process.kill(process.pid, 'SIGKILL'));
    client.destroy();
  }).listen(process.argv[1], () => console.log('here'))`;
  const child = spawn(process.execPath, ['-e', listen, socketPath(sockets, 'a')]);
  child.once('exit', () => death.resolve());
  await once(child.stdout, 'data');
  await store.registerInstance(row('a', 0));
  assert.deepEqual(await living.gone('me'), { dead: ['a'], silent: [] });
  assert.equal(waits, 1, 'it was cut off, and asked again');
});

test('where the socket is gone the heartbeat tells: an instance that lives loses nothing', async (t) => {
  const { living, row, sockets, store } = await scene(t);
  const socket = createInstanceSocket({
    path: socketPath(sockets, 'a'),
    uid: 'a',
    clock: systemClock,
    reports: () => [],
    followers: new Set(),
  });
  await socket.start();
  await unlink(socketPath(sockets, 'a'));
  await store.registerInstance(row('a', ttl - 1000));
  assert.deepEqual(await living.gone('me'), { dead: [], silent: [] });
  await store.registerInstance(row('a', ttl + 1000));
  assert.deepEqual(await living.gone('me'), { dead: [], silent: ['a'] }, 'perhaps it is at work');
  await socket.stop();
});

test('of another host only the heartbeat is known', async (t) => {
  const { living, row } = await scene(t);
  assert.equal(await living.isAlive(row('a', 2 * ttl - 1000, 'elsewhere')), true);
  assert.equal(await living.isAlive(row('a', 2 * ttl + 1000, 'elsewhere')), false);
});
