import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { Download } from '../../src/downloads/download.ts';
import type { Status } from '../../src/downloads/states.ts';
import { openInstance } from '../../src/instance/instance.ts';
import type { Longhaul } from '../../src/instance/longhaul.ts';
import { silentLog } from '../../src/log/log.ts';
import { sourceRegistry } from '../../src/sources/registry.ts';
import { stepRegistry } from '../../src/steps/registry.ts';
import { openStore } from '../../src/store/open.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const content = Buffer.alloc(100_000, 'In its hours. ');
const everyDay = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/**
 * An instance whose clock stands at 07:59:00, a minute before two in which nothing may run. Its leases are long: hours
 * go by here faster than a heartbeat is written.
 */
async function beforeEight(context: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-hours-'));
  const clock = manualClock(Date.UTC(2026, 10, 20, 7, 59));
  const { store } = await openStore({ path: ':memory:', clock, log: silentLog });
  const source = scriptedSource(content, 'validator', () => ({ clock }));
  const limits = {
    ...defaults.limits,
    schedule: [{ days: [...everyDay], from: '08:00', to: '08:02', rate: 0 }],
    schedule_time_zone: 'UTC',
  };
  const lease = { ttl: 86_400_000, heartbeat: 3_600_000, scan: 3_600_000 };
  const longhaul = await openInstance({
    config: { ...defaults, limits, lease } as Config,
    paths: { sockets: join(root, 'sockets') },
    ...{
      log: silentLog,
      clock,
      store,
      warnings: [],
      role: 'library',
      engine: true,
      anyRunner: true,
      slots: 1,
      sharesSlots: true,
    },
    backupIfDue: async () => undefined,
    steps: { load: async () => stepRegistry([]) },
    sources: {
      load: async () => sourceRegistry([source], ['scripted:']),
      readText: () => Promise.reject(new Error('nothing to read')),
      readBytes: () => Promise.reject(new Error('nothing to read')),
      close: async () => {},
    },
  });
  context.after(async () => {
    await longhaul.close();
    await rm(root, { recursive: true, force: true });
  });
  const add = async (link: string): Promise<Download> => {
    const { download } = await longhaul.commands.add({ link, directory: root, runner: longhaul.instance });
    // Changes of the store wake the scheduler at most every 20 ms.
    await clock.advance(20);
    return download;
  };
  return { clock, source, store, longhaul, add };
}

/** Resolves at the next change of this download to this state. */
function reaches(longhaul: Longhaul, id: number, status: Status): Promise<void> {
  return new Promise((resolve) => {
    const stop = longhaul.onEvent((event) => {
      if (event.downloadId !== id || event.to !== status) return;
      stop();
      resolve();
    });
  });
}

test('what runs when its hours end is let go, waits without a try used up, and goes on by itself', async (context) => {
  const { clock, source, longhaul, add } = await beforeEight(context);
  source.acts.push({ bytes: 40_000, ending: 'wait' });
  const { id } = await add('scripted:1');
  await source.waiting;
  const released = reaches(longhaul, id, 'pending');
  await clock.advance(59_000);
  assert.equal((await longhaul.commands.show(`${id}`)).download.status, 'downloading');
  await clock.advance(1500);
  await released;

  const { download, why, attempts } = await longhaul.commands.show(`${id}`);
  assert.partialDeepStrictEqual(download, {
    ...{ status: 'pending', waitingFor: 'window', bytesDownloaded: 40_000, retryCount: 0, triesInVain: 0 },
  });
  assert.match(
    why,
    /^waits for the hours in which downloads may run, from .*\(in 1m 5\ds\), 40 kB of 100 kB are kept$/,
  );
  assert.equal(attempts[0]?.outcome, 'pending');
  assert.equal((await longhaul.commands.list({}))[0]?.waitingFor, 'window');

  const second = await add('scripted:2');
  assert.equal((await longhaul.settled(id, { wait: 60_000 }))?.status, 'pending', 'longer than it may wait');
  const ends = [id, second.id].map((each) => longhaul.settled(each, { wait: 600_000 }));
  await clock.advance(100_000);
  assert.equal(source.fetchedFrom.length, 1, 'nothing is fetched in between');
  await clock.advance(30_000);
  assert.deepEqual(
    (await Promise.all(ends)).map((row) => row?.status),
    ['completed', 'completed'],
  );
  assert.deepEqual(source.fetchedFrom.slice(0, 2), [0, 40_000]);
});

test('a download that waits for its hours can be paused, cancelled and limited', async (context) => {
  const { clock, longhaul, add, source } = await beforeEight(context);
  await clock.advance(61_000);
  const { commands } = longhaul;
  const { id } = await add('scripted:1');
  assert.equal((await commands.limit(`${id}`, 5000)).options.rate, 5000);
  assert.equal((await commands.control(`${id}`, { wish: 'pause' })).download.status, 'paused');
  assert.equal((await commands.control(`${id}`, { wish: 'resume' })).download.status, 'pending');
  assert.equal((await commands.show(`${id}`)).download.waitingFor, 'window');
  assert.deepEqual((await commands.limits()).window, { rate: 0, until: Date.UTC(2026, 10, 20, 8, 2) });
  assert.equal((await commands.control(`${id}`, { wish: 'cancel' })).download.status, 'cancelled');
  assert.equal(source.resolves.length, 0);
});

test('the second of two waits for the slot, and says so', async (context) => {
  const { source, longhaul, add } = await beforeEight(context);
  source.acts.push({ bytes: 40_000, ending: 'wait' });
  await add('scripted:1');
  await source.waiting;
  const { id } = await add('scripted:2');
  const { download, why } = await longhaul.commands.show(`${id}`);
  assert.equal(download.waitingFor, 'slot');
  assert.match(why, /^waits for a free place among the running downloads/);
});
