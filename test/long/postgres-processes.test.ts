import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { aDownload } from '../contract/store/scene.ts';
import type { Task } from '../fault/store-process.ts';
import { sharedPostgres } from '../support/postgres-server.ts';

const server = await sharedPostgres();
after(() => server.stop());

async function opened(t: TestContext, url: string) {
  const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });
  t.after(() => store.close());
  return store;
}

test('processes that claim from one server at once never get the same download', async (t) => {
  const path = await server.database();
  const store = await opened(t, path);
  const wanted = 120;
  await store.addMany(
    Array.from({ length: wanted }, () => aDownload()),
    systemClock.now(),
  );
  const children = ['a', 'b', 'c'].map((instance) => start(t, { do: 'claim all', path, instance }));
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('go');
  const claims = (await Promise.all(children.map((child) => once(child, 'message')))).map(([ids]) => ids as number[]);
  assert.equal(claims.flat().length, wanted);
  assert.equal(new Set(claims.flat()).size, wanted, 'no download twice');
});

test('processes that are killed, or stopped, in the middle of writing lose nothing promised and hold up nobody', async (t) => {
  const path = await server.database();
  const store = await opened(t, path);
  const promised = new Map<number, boolean>();
  for (let round = 0; round < 3; round += 1) {
    const [killed, stopped, spared] = ['a', 'b', 'c'].map((instance) => start(t, { do: 'write', path, instance }));
    if (!killed || !stopped || !spared) throw new Error('three were started');
    await Promise.all([killed, stopped].map((child) => listenUntil(child, promised, 5 + round * 3)));
    killed.kill('SIGKILL');
    stopped.kill('SIGSTOP');
    await listenUntil(spared, promised, 20);
    stopped.kill('SIGCONT');
    await listenUntil(stopped, promised, 1);
    for (const child of [stopped, spared]) child.kill('SIGKILL');
  }
  assert.ok(promised.size >= 60);
  for (const [id, paused] of promised) {
    assert.equal((await store.get(id))?.status, paused ? 'paused' : 'downloading');
    const kinds = (await store.events({ downloadId: id, limit: 9 })).map(({ to, kind }) => to ?? kind);
    assert.deepEqual(kinds, paused ? ['added', 'downloading', 'paused'] : ['added', 'downloading']);
  }
});

function start(t: TestContext, task: Task): ChildProcess {
  const child = fork(fileURLToPath(new URL('../fault/store-process.ts', import.meta.url)), [JSON.stringify(task)], {
    execArgv: [],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Takes down what the child promises, until it has promised `count` more. */
async function listenUntil(child: ChildProcess, promised: Map<number, boolean>, count: number): Promise<void> {
  let heard = 0;
  for await (const [message] of on(child, 'message', { close: ['exit'] })) {
    const { id, paused } = message as { id: number; paused: boolean };
    promised.set(id, paused);
    heard += 1;
    if (heard === count) return;
  }
  throw new Error('it died by itself');
}
