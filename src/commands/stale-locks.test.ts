import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../log/log.ts';
import { openStore } from '../store/open.ts';
import { systemClock } from '../time/clock.ts';
import type { CommandParts } from './parts.ts';
import { staleLocks } from './stale-locks.ts';

test('only what dead instances hold is released, however long ago the lease of a living one ended', async () => {
  const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
  const now = systemClock.now();
  const buried: string[] = [];
  const living: CommandParts['living'] = {
    isAlive: async ({ uid }) => uid === 'alive',
    reports: async () => [],
    async bury(instance) {
      buried.push(instance);
      await store.rescue({ dead: [instance], expiredBefore: 0 }, now);
    },
  };
  const hold = async (instance: string, leaseUntil: number, registered = true) => {
    const row = { host: 'tower', pid: 42, role: 'get', socketPath: '/s', startedAt: now, beatAt: now };
    if (registered) await store.registerInstance({ ...row, uid: instance });
    const link = `http://host/${instance}`;
    const asked = { source: 'http', link, linkKey: link, directory: '/d', options: {}, metadata: {}, runner: null };
    const { download } = await store.add({ ...asked, ifExists: 'new' }, now);
    await store.claim(download.id, instance, leaseUntil, now);
    return download.id;
  };
  const dead = await hold('dead', now + 60_000);
  await hold('alive', now - 60_000);
  const unknown = await hold('unknown', now - 1, false);
  await hold('unknown-yet', now + 60_000, false);
  const parts = { store, living, clock: systemClock } as unknown as CommandParts;
  const ids = async (dryRun: boolean) =>
    (await staleLocks(parts, { dryRun })).map(({ download }) => download.id).toSorted();
  assert.deepEqual(await ids(true), [dead, unknown]);
  assert.deepEqual(buried, []);
  assert.deepEqual(await ids(false), [dead, unknown]);
  assert.equal((await store.get(dead))?.status, 'pending');
  assert.deepEqual(await ids(false), []);
  await store.close();
});
