import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { otherHost, ownPlace } from '../support/program.ts';
import { spread, takeovers } from '../support/takeovers.ts';

/** A second instead of thirty: everything else in proportion. */
const shortLease = { LONGHAUL_LEASE_TTL: '1s', LONGHAUL_LEASE_HEARTBEAT: '300ms', LONGHAUL_LEASE_SCAN: '150ms' };

const server = await startPostgres();
after(() => server.stop());

test('between hosts the end of the lease decides, and no more than half of it later, 50 times', {
  ...needs('nginx'),
  timeout: 400_000,
}, async (t) => {
  const took = await takeoversBetweenHosts(t, 50, shortLease);
  assert.ok((took[0] ?? 0) > 300, 'nobody could know before');
  assert.ok((took.at(-1) ?? Number.NaN) < 1500, took.join(' '));
});

test('between hosts, with the lease as it is by default, it takes less than 40 s', {
  ...needs('nginx'),
  timeout: 400_000,
}, async (t) => {
  const took = await takeoversBetweenHosts(t, 3, {});
  assert.ok((took.at(-1) ?? Number.NaN) < 40_000, took.join(' '));
});

/** Sorted, ms. Both write to one folder, as on a shared mount. */
async function takeoversBetweenHosts(
  t: TestContext,
  kills: number,
  lease: Readonly<Record<string, string>>,
): Promise<number[]> {
  const nginx = await startNginx({ limitRate: '20k' });
  await using one = await ownPlace();
  await using two = await ownPlace();
  try {
    makeFile(join(nginx.root, 'file.iso'), 50_000_000);
    const url = await server.database();
    const env = { ...lease, LONGHAUL_DATABASE_URL: url };
    const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });
    const places = [
      { ...one, env },
      { home: two.home, cwd: one.cwd, env: { ...env, ...otherHost } },
    ] as const;
    const took = await takeovers(store, { places, link: `${nginx.url}/file.iso`, kills });
    await store.close();
    t.diagnostic(spread(took));
    return took.toSorted((a, b) => a - b);
  } finally {
    await nginx.stop();
  }
}
