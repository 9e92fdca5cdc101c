import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { ownPlace } from '../support/program.ts';
import { takeovers } from '../support/takeovers.ts';

/** A second instead of thirty: everything else in proportion. */
const lease = { LONGHAUL_LEASE_TTL: '1s', LONGHAUL_LEASE_HEARTBEAT: '300ms', LONGHAUL_LEASE_SCAN: '150ms' };

test('where no process sees the socket of the other, the end of the lease decides, and no more than half of it later', {
  ...needs('nginx'),
  timeout: 60_000,
}, async (t) => {
  const [server, nginx] = await Promise.all([startPostgres(), startNginx({ limitRate: '20k' })]);
  await using one = await ownPlace();
  await using two = await ownPlace();
  try {
    makeFile(join(nginx.root, 'file.iso'), 50_000_000);
    const url = await server.database();
    const env = { ...lease, LONGHAUL_DATABASE_URL: url };
    const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });
    const places = [
      { ...one, env },
      { home: two.home, cwd: one.cwd, env },
    ] as const;
    const took = await takeovers(store, { places, link: `${nginx.url}/file.iso`, kills: 10 });
    await store.close();
    t.diagnostic(`takeover, ms: ${took.join(' ')}`);
    for (const ms of took) assert.ok(ms > 300 && ms < 1500, took.join(' '));
  } finally {
    await nginx.stop();
    await server.stop();
  }
});
