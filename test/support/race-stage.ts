import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openStore } from '../../src/store/open.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { startPostgres } from './postgres-server.ts';
import { otherHost, ownPlace } from './program.ts';
import { type RaceOptions, race } from './race.ts';
import { type RaceFigures, raceFigures, raceFindings } from './race-findings.ts';

type Size = Pick<RaceOptions, 'processes' | 'downloads' | 'every' | 'within'> & { readonly slots: number };

/** Lease time to live, ms. */
const ttl = 4000;
const settings = {
  LONGHAUL_LEASE_TTL: `${ttl}ms`,
  LONGHAUL_LEASE_HEARTBEAT: '1s',
  LONGHAUL_LEASE_SCAN: '500ms',
  LONGHAUL_CHECKPOINT_BYTES: '20000',
  LONGHAUL_HTTP_LEAST_PIECE: '65536',
  LONGHAUL_LOG_LEVEL: 'warn',
};

/** Half of the processes take themselves for those of another machine that has the same folder for its downloads. */
export async function raceOnServer(t: TestContext, size: Size): Promise<RaceFigures> {
  const server = await startPostgres();
  t.after(() => server.stop());
  const url = await server.database();
  return runRace(t, size, [{}, otherHost], {
    env: { LONGHAUL_DATABASE_URL: url },
    open: async () => (await openServerStore({ url, clock: systemClock, log: silentLog })).store,
  });
}

export async function raceOnFile(t: TestContext, size: Size): Promise<RaceFigures> {
  return runRace(t, size, [{}], {
    env: {},
    open: async (root) => {
      const path = join(root, 'home-0', 'db', 'longhaul.db');
      return (await openStore({ path, clock: systemClock, log: silentLog })).store;
    },
  });
}

async function runRace(
  t: TestContext,
  { slots, ...size }: Size,
  machines: readonly Readonly<Record<string, string>>[],
  { env, open }: { env: Record<string, string>; open: (root: string) => ReturnType<RaceOptions['open']> },
): Promise<RaceFigures> {
  const seed = Number(process.env.RACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed} (RACE_SEED repeats its choices)`);
  await using place = await ownPlace();
  const each = { ...settings, LONGHAUL_QUEUE_SLOTS: String(slots), ...env };
  const story = await race({
    ...size,
    homes: machines.map((own, n) => ({ home: join(place.cwd, `home-${n}`), cwd: place.cwd, env: { ...each, ...own } })),
    ...{ seed, ttl },
    open: () => open(place.cwd),
  });
  const figures = raceFigures(story);
  t.diagnostic(JSON.stringify(figures));
  const found = raceFindings(story);
  assert.deepEqual(found.slice(0, 40), [], `${found.length} findings, seed ${seed}`);
  return figures;
}
