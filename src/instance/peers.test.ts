import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../log/log.ts';
import type { InstanceRow } from '../store/store.ts';
import { systemClock } from '../time/clock.ts';
import { socketPath } from './living.ts';
import { createPeers } from './peers.ts';

const listen = `require('node:net').createServer(() => process.send('met')).listen(process.argv[1], () => process.send('here'))`;

/** A process with a socket, and an instance that meets whoever is registered. */
async function scene(t: TestContext, rows: readonly string[]) {
  const sockets = await mkdtemp(join(tmpdir(), 'longhaul-peers-'));
  const child = spawn(process.execPath, ['-e', listen, socketPath(sockets, 'a')], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(child, 'message');
  const gone = Promise.withResolvers<void>();
  let calls = 0;
  const instances = async () => rows.map((uid) => ({ uid, host: hostname() }) as InstanceRow);
  const peers = createPeers({
    ...{ store: { instances }, clock: systemClock, log: silentLog, sockets, own: 'me' },
    onGone() {
      calls += 1;
      gone.resolve();
    },
  });
  t.after(async () => {
    await peers.stop();
    child.kill('SIGKILL');
    await rm(sockets, { recursive: true });
  });
  return { peers, child, gone: gone.promise, calls: () => calls };
}

test('the death of another instance is told at the moment it happens', async (t) => {
  const { peers, child, gone } = await scene(t, ['a', 'me']);
  const met = once(child, 'message');
  await peers.start();
  await met;
  child.kill('SIGKILL');
  await gone;
});

test('one whose socket is not there proves nothing, and after the end nothing is told', async (t) => {
  const { peers, child, calls } = await scene(t, ['a', 'nowhere']);
  const met = once(child, 'message');
  await peers.start();
  await met;
  assert.equal(calls(), 0);
  await peers.stop();
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(calls(), 0);
});
