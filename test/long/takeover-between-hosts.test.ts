import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { needs } from '../support/needs.ts';
import { type Host, makeHosts, type Network, needsHosts } from '../support/network-hosts.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { ownPlace } from '../support/program.ts';
import {
  assertDelivered,
  bytesBeyond,
  type Contest,
  contest,
  type Servers,
  spread,
  takeovers,
} from '../support/takeovers.ts';
import { storeTells } from '../support/tells.ts';

/** A second instead of thirty: everything else in proportion. */
const shortLease = { LONGHAUL_LEASE_TTL: '1s', LONGHAUL_LEASE_HEARTBEAT: '300ms', LONGHAUL_LEASE_SCAN: '150ms' };
/** Long enough that bytes are seen to come after the cut. */
const cutLease = { LONGHAUL_LEASE_TTL: '2s', LONGHAUL_LEASE_HEARTBEAT: '500ms', LONGHAUL_LEASE_SCAN: '150ms' };
/** What has come is recorded each second. */
const soonDurable = { LONGHAUL_CHECKPOINT_BYTES: '1' };

const wanted = { ...needs('nginx'), ...needsHosts(), timeout: 400_000 };

test(
  'after kill -9 of a host’s server the end of the lease decides, and no more than half of it later, 50 times',
  wanted,
  (t) =>
    onHosts({ lease: shortLease, rate: '20k' }, async ({ on }) => {
      const took = await takeovers(on, 50);
      t.diagnostic(spread(took));
      assert.ok(Math.min(...took) > 300, 'nobody could know before');
      assert.ok(Math.max(...took) < 1500, took.join(' '));
    }),
);

test('after kill -9 of a host’s server, with the lease as it is by default, it takes less than 40 s', wanted, (t) =>
  onHosts({ lease: {}, rate: '20k' }, async ({ on }) => {
    const took = await takeovers(on, 2);
    t.diagnostic(spread(took));
    assert.ok(Math.max(...took) < 40_000, took.join(' '));
  }),
);

for (const [from, networks] of [
  ['the database, while bytes still come', ['database']],
  ['every network', ['database', 'files']],
] as const) {
  test(
    `a host that is cut off from ${from} writes nothing after its lease, and goes on well as the loser`,
    wanted,
    (t) =>
      onHosts({ lease: cutLease, rate: '400k' }, async (stage) => {
        await using servers = await contest(stage.on);
        const took: number[] = [];
        for (let cut = 0; cut < 2; cut += 1) took.push(await cutOff(stage, servers, networks));
        await assertDelivered(stage.on);
        assert.deepEqual((await readdir(stage.folder)).toSorted(), ['file.iso', 'home']);
        t.diagnostic(spread(took));
        assert.ok(Math.min(...took) > 1000, 'nobody could know before');
        // A transaction that the cut host has open holds up others for two seconds at most.
        assert.ok(Math.max(...took) < 4500, took.join(' '));
      }),
  );
}

interface Stage {
  readonly on: Contest;
  readonly hosts: readonly Host[];
  /** Both write to it, as on a shared mount. */
  readonly folder: string;
}

/** A server on each of two hosts, and a PostgreSQL and an nginx that both can reach. */
async function onHosts(
  { lease, rate }: { readonly lease: Readonly<Record<string, string>>; readonly rate: string },
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  using made = makeHosts(['one', 'two']);
  const { address, hosts } = made;
  const server = await startPostgres(address.database);
  const nginx = await startNginx({ address: address.files });
  await using one = await ownPlace();
  await using two = await ownPlace();
  const url = await server.database();
  const { store } = await openServerStore({ url, clock: systemClock, log: silentLog });
  try {
    const source = join(nginx.root, 'file.iso');
    makeFile(source, 20_000_000);
    const env = { ...lease, ...soonDurable, LONGHAUL_DATABASE_URL: url };
    const [first, second] = hosts.map(({ via }) => ({ cwd: one.cwd, env, via }));
    assert.ok(first && second);
    const places = [
      { ...first, home: one.home },
      { ...second, home: two.home },
    ] as const;
    await play({ on: { store, places, link: `${nginx.url}/file.iso`, source, rate }, hosts, folder: one.cwd });
  } finally {
    await store.close();
    await nginx.stop();
    await server.stop();
  }
}

/**
 * The holder is cut off and the other one takes over; tells how long that took, ms. Then, while nobody holds the
 * download, the loser comes back, its connections with it; and last it is the only one, and must take the download.
 */
async function cutOff({ on, hosts, folder }: Stage, servers: Servers, networks: readonly Network[]): Promise<number> {
  const { store } = on;
  const loser = await servers.holder();
  const host = hosts.find(({ name }) => name === loser.name);
  const partial = join(folder, 'file.iso.part');
  await bytesBeyond(store, 0);
  const writes: number[] = [];
  using _watcher = watching(partial, () => writes.push(systemClock.now()));

  for (const network of networks) host?.cut(network);
  const cutAt = systemClock.now();
  const leaseUntil = (await store.get(1))?.leaseUntil ?? 0;
  const winner = await servers.holder(loser);
  const took = systemClock.now() - cutAt;
  const claimedAt = (await store.get(1))?.lockedAt ?? 0;
  assert.deepEqual(
    writes.filter((at) => at >= leaseUntil && at < claimedAt),
    [],
    'nobody has the right to write',
  );
  if (!networks.includes('files'))
    assert.ok(
      writes.some((at) => at > cutAt && at < leaseUntil),
      'bytes still came',
    );

  await store.wish(1, { wish: 'pause' }, systemClock.now());
  await storeTells(store, async () => ((await store.get(1))?.status === 'paused' ? true : undefined));
  const before = await looksOf(folder, partial);
  for (const network of networks) host?.mend(network);
  const mendedAt = systemClock.now();
  await storeTells(store, async () =>
    (await store.instances()).find(({ uid, beatAt }) => uid === loser.instance && beatAt > mendedAt),
  );
  assert.deepEqual(await looksOf(folder, partial), before, 'it wrote nothing and renamed nothing');
  await servers.kill(winner);
  await store.wish(1, { wish: 'resume' }, systemClock.now());
  assert.equal((await servers.holder()).name, loser.name);
  await servers.start(winner.name);
  return took;
}

async function looksOf(folder: string, partial: string) {
  const { ino, size, mtimeNs } = await stat(partial, { bigint: true });
  return { ino, size, mtimeNs, names: (await readdir(folder)).toSorted() };
}

function watching(path: string, onWrite: () => void): Disposable {
  const watcher = watch(path, onWrite);
  return { [Symbol.dispose]: () => watcher.close() };
}
