import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { Log } from '../../src/log/log.ts';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { usualLimits } from '../../src/store/postgres/session.ts';
import { type Store, StoreFailure } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { aDownload, added, claimed, now, present } from '../contract/store/scene.ts';
import { startCommitThief } from '../support/commit-thief.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { startForwarder } from '../support/stalling-forwarder.ts';

const server = await startPostgres();
after(() => server.stop());

/** What was said at `warn`, besides doing nothing; `warned` resolves at the first time. */
function listeningLog(): { readonly log: Log; readonly warnings: string[]; readonly warned: Promise<void> } {
  const warnings: string[] = [];
  const { promise: warned, resolve } = Promise.withResolvers<void>();
  const warn = (_facts: object, message: string) => {
    warnings.push(message);
    resolve();
  };
  return { log: { ...silentLog, warn }, warnings, warned };
}

async function opened(t: TestContext, link: string, more: { log?: Log; patience?: number; port?: number } = {}) {
  const { log = silentLog, patience = 15_000, port } = more;
  const limits = { ...usualLimits, connect: 400, statement: 1000, answer: 500, lock: 1000, silent: 300 };
  const url = port === undefined ? link : link.replace(`:${server.port}/`, `:${port}/`);
  const { store } = await openServerStore({ url, clock: systemClock, log, patience, limits });
  t.after(() => store.close());
  return store;
}

const killAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'longhaul'`;

/** Every download was added exactly once, with one event. */
async function exactly(store: Store, count: number): Promise<void> {
  assert.equal((await store.statistics()).total, count);
  const events = await store.events({ limit: 10 * count });
  assert.equal(events.filter(({ kind }) => kind === 'added').length, count);
  assert.equal(new Set(events.map(({ downloadId }) => downloadId)).size, count);
}

test('a server that is started again is waited for: said once, nothing lost, listeners told', async (t) => {
  const { log, warnings } = listeningLog();
  const link = await server.database();
  const store = await opened(t, link, { log });
  const other = await opened(t, link);
  const { id } = await added(store);
  let told = Promise.withResolvers<void>();
  store.onChange(() => told.resolve());
  for (const how of ['fast', 'immediate'] as const) {
    await server.halt(how);
    const waiting = [added(store), added(store), store.get(id)];
    told = Promise.withResolvers();
    await server.start();
    await Promise.all(waiting);
    await told.promise;
  }
  assert.deepEqual(warnings, Array(2).fill('the database does not answer; waiting for it'));
  await exactly(store, 5);
  told = Promise.withResolvers();
  await added(other);
  await told.promise;
});

test('a server that stays away is one sentence after the patience, and at once for who asks then', async (t) => {
  const store = await opened(t, await server.database(), { patience: 300 });
  await server.halt('immediate');
  await assert.rejects(
    added(store),
    (error) => error instanceof StoreFailure && /nothing answers at/.test(error.message),
  );
  const begun = performance.now();
  await assert.rejects(store.list({ limit: 1 }), StoreFailure);
  assert.ok(performance.now() - begun < 300, 'nobody waits again for what is known to be away');
  await server.start();
  await added(store);
  await exactly(store, 1);
});

test('killed backends cost nothing and do nothing twice', async (t) => {
  const link = await server.database();
  const store = await opened(t, link);
  let kills = 0;
  for (let n = 0; n < 40; n += 1) {
    const [killed] = await Promise.all([
      server.query(killAll, link),
      added(store),
      added(store),
      store.list({ limit: 5 }),
    ]);
    kills += killed.length;
  }
  assert.ok(kills > 20, `${kills} kills`);
  await exactly(store, 80);
});

test('a commit whose answer is lost happened once, and one that never arrived is made again', async (t) => {
  const link = await server.database();
  const thief = await startCommitThief(server.port);
  t.after(() => thief.close());
  const store = await opened(t, link, { port: thief.port });
  const direct = await opened(t, link);
  for (let n = 0; n < 20; n += 1) {
    thief.steal(n % 2 === 0 ? 'answer' : 'question');
    const stole = thief.stole();
    const adding = store.add(aDownload(), now);
    await stole;
    thief.steal('never');
    const { download, followed } = await adding;
    assert.equal(followed, false);
    assert.deepEqual(await direct.get(download.id), download);
  }
  await exactly(direct, 20);
  const { id } = await added(direct);
  thief.steal('answer');
  const stole = thief.stole();
  const claiming = claimed(store, id);
  await stole;
  thief.steal('never');
  assert.deepEqual((await claiming).lease, { id, token: 1 }, 'its own claim is not taken for another’s');
});

test('a connection into which everything vanishes is given up, and another one taken', async (t) => {
  const link = await server.database();
  const hole = await startForwarder(server.port);
  t.after(() => hole.close());
  const { log, warned } = listeningLog();
  const store = await opened(t, link, { port: hole.port, log });
  await added(store);
  hole.swallow(true);
  const waiting = added(store);
  const reading = store.list({ limit: 10 });
  await warned;
  hole.swallow(false);
  await waiting;
  assert.ok((await reading).length >= 1);
  await exactly(store, 2);
});

test('a database that can only be read is read, and written as soon as it can be', async (t) => {
  const link = await server.database();
  const { log, warned } = listeningLog();
  const store = await opened(t, link, { log });
  const { id } = await added(store);
  const name = new URL(link).pathname.slice(1);
  await server.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on; ${killAll}`);
  const waiting = added(store);
  await warned;
  assert.equal((await store.get(id))?.id, id);
  await server.query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`);
  await waiting;
  await exactly(store, 2);
});

test('whoever is stopped in the middle of a transaction holds up others for a moment only, and then does it again', async (t) => {
  const link = await server.database();
  const thief = await startCommitThief(server.port);
  t.after(() => thief.close());
  const [stopped, other] = [await opened(t, link, { port: thief.port }), await opened(t, link)];
  const { id } = await added(other);
  thief.steal('silence');
  const stole = thief.stole();
  const waiting = stopped.wish(id, { wish: 'pause' }, now);
  await stole;
  thief.steal('never');
  await other.limit(id, 1000, now);
  await waiting;
  assert.equal(present(await other.get(id)).status, 'paused');
  const kinds = (await other.events({ downloadId: id, limit: 10 })).map(({ kind }) => kind);
  assert.deepEqual(kinds.toSorted(), ['added', 'limited', 'state', 'wish']);
});
