import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { aDownload } from '../contract/store/scene.ts';
import { sharedPostgres } from '../support/postgres-server.ts';
import { assertKept, claimAtOnce, listenUntil, type Promised, storeProcess } from '../support/store-processes.ts';

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
  const claims = await claimAtOnce(t, path, ['a', 'b', 'c']);
  assert.equal(claims.flat().length, wanted);
  assert.equal(new Set(claims.flat()).size, wanted, 'no download twice');
});

test('processes that are killed, or stopped, in the middle of writing lose nothing promised and hold up nobody', async (t) => {
  const path = await server.database();
  const store = await opened(t, path);
  const promised: Promised = new Map();
  for (let round = 0; round < 3; round += 1) {
    const [killed, stopped, spared] = ['a', 'b', 'c'].map((instance) =>
      storeProcess(t, { do: 'write', path, instance }),
    );
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
  await assertKept(store, promised);
});
