import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { sampled } from '../support/runs.ts';
import { assertKept, claimAtOnce, listenUntil, type Promised, storeProcess } from '../support/store-processes.ts';

const parts = { clock: systemClock, log: silentLog };

test('processes that claim from one database at once never get the same download', async (t) => {
  const path = await database(t);
  const { store } = await openStore({ path, ...parts });
  t.after(() => store.close());
  const wanted = 300;
  for (let n = 0; n < wanted; n += 1) {
    const link = `http://host/${n}`;
    const asked = { source: 'http', link, linkKey: link, directory: '/d', options: {}, metadata: {}, runner: null };
    await store.add({ ...asked, ifExists: 'new' }, systemClock.now());
  }
  const claims = await claimAtOnce(t, path, ['a', 'b', 'c']);
  assert.equal(claims.flat().length, wanted);
  assert.equal(new Set(claims.flat()).size, wanted, 'no download twice');
  for (const [n, ids] of claims.entries()) {
    for (const id of ids) assert.equal((await store.get(id))?.lockedBy, ['a', 'b', 'c'][n]);
  }
});

test('two processes killed again and again in the middle of writing lose nothing that they had promised', async (t) => {
  const path = await database(t);
  const promised: Promised = new Map();
  const rounds = sampled([13, 5, 17, 9], 2);
  for (const writes of rounds) {
    const children = ['a', 'b'].map((instance) => storeProcess(t, { do: 'write', path, instance }));
    await Promise.all(children.map((child) => listenUntil(child, promised, writes)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => once(child, 'exit')));
  }
  const { store, warnings } = await openStore({ path, ...parts });
  assert.deepEqual(warnings, []);
  assert.ok(promised.size >= 15 * rounds.length);
  await assertKept(store, promised);
  await store.close();
  using connection = new DatabaseSync(path, { readOnly: true });
  assert.equal(connection.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
  assert.deepEqual(connection.prepare('PRAGMA foreign_key_check').all(), []);
});

test('a change by another process is seen within a moment', async (t) => {
  const path = await database(t);
  const { store } = await openStore({ path, ...parts });
  t.after(() => store.close());
  let seen = Promise.withResolvers<number>();
  store.onChange(() => seen.resolve(systemClock.now()));
  const child = storeProcess(t, { do: 'add when told', path });
  const delays: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    await once(child, 'message');
    seen = Promise.withResolvers();
    child.send('go');
    const [[promisedAt], seenAt] = await Promise.all([once(child, 'message'), seen.promise]);
    delays.push(seenAt - Number(promisedAt));
    assert.equal((await store.list({ limit: 100 })).length, n + 1);
  }
  const median = delays.toSorted((a, b) => a - b)[15] ?? Number.NaN;
  assert.ok(median < 100, `told by the watch, not by the poll of each second: ${delays.join(' ')} ms`);
});

async function database(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-processes-'));
  t.after(() => rm(home, { recursive: true }));
  return join(home, 'db', 'longhaul.db');
}
