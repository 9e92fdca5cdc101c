import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import type { Rate } from '../config/rate.ts';
import { type RateWindow, scheduleOf } from '../downloads/schedule.ts';
import type { Run } from '../engine/run.ts';
import type { StopOrder } from '../engine/stop.ts';
import { silentLog } from '../log/log.ts';
import type { Rates } from '../store/queue-facts.ts';
import { RateKeeper, type RateKeeperParts } from './rate-keeper.ts';

const noon = Date.UTC(2026, 10, 20, 12);

/** A run that fetches as fast as its line and its limit allow. */
interface FakeRun extends Run {
  /** Bytes/s that its line carries. */
  line: number;
  bytes: number;
}

function fakeRun(id: number, more: { line?: number; link?: string; rate?: Rate; category?: string } = {}): FakeRun {
  const { line = Infinity, link = 'http://host/file', rate: own, category = null } = more;
  let rate = 0;
  let order: StopOrder | undefined;
  const run = {
    claim: { download: { id, link, category, options: own === undefined ? {} : { rate: own } } },
    status: 'downloading',
    line,
    bytes: 0,
    transfer: { progress: () => ({ bytes: run.bytes, connections: 1 }) },
    limit: (wanted: number) => {
      rate = wanted;
    },
    get rate() {
      return rate;
    },
    get order() {
      return order;
    },
    stop: (wanted: StopOrder) => {
      order ??= wanted;
    },
  };
  return run as unknown as FakeRun;
}

interface Setting {
  readonly rate?: Rate;
  readonly perDownload?: Rate;
  readonly windows?: readonly RateWindow[];
  readonly hosts?: Readonly<Record<string, number>>;
  readonly categories?: Readonly<Record<string, number>>;
}

async function onStage(setting: Setting, runs: readonly FakeRun[], recorded: Rates = { downloading: [] }) {
  const clock = manualClock(noon);
  const stage = { rates: recorded, opened: 0, asked: '' };
  const held = new Map<number, Run>(runs.map((run) => [run.claim.download.id, run]));
  const parts: RateKeeperParts = {
    engine: { clock, log: silentLog, instance: 'me' },
    store: {
      async rates(host) {
        stage.asked = host;
        return stage.rates;
      },
    },
    runs: held,
    host: 'tower',
    limits: { rate: setting.rate ?? 'off', rate_per_download: setting.perDownload ?? 'off' },
    schedule: scheduleOf({ schedule: setting.windows ?? [], schedule_time_zone: 'UTC' }),
    rateOfHost: (host) => setting.hosts?.[host] ?? Infinity,
    rateOfCategory: (category) => setting.categories?.[category] ?? Infinity,
    onOpen: () => {
      stage.opened += 1;
    },
  };
  const keeper = new RateKeeper(parts);
  await keeper.start();
  return {
    ...{ clock, keeper, held, stage },
    limits: () => runs.map(({ rate }) => Math.round(rate)),
    /** Second after second, each run fetching what it may and can. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        for (const run of runs) run.bytes += Math.min(run.line, run.rate === 0 ? 1e9 : run.rate);
        await clock.advance(1000);
      }
    },
  };
}

const daily = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

test('without any limit nothing is limited', async () => {
  const on = await onStage({}, [fakeRun(1), fakeRun(2)]);
  await on.pass(5);
  assert.deepEqual(on.limits(), [0, 0]);
  assert.equal(on.stage.asked, 'tower');
  await on.keeper.stop();
});

test('the limit of all is shared evenly, and a slow one leaves its share to the others', async () => {
  const runs = [fakeRun(1), fakeRun(2, { line: 50_000 }), fakeRun(3)];
  const on = await onStage({ rate: 1_200_000 }, runs);
  assert.deepEqual(on.limits(), [400_000, 400_000, 400_000], 'as long as nothing is known of them');
  await on.pass(6);
  assert.deepEqual(on.limits(), [567_500, 65_000, 567_500]);
  (runs[1] as FakeRun).line = Infinity;
  await on.pass(6);
  assert.deepEqual(on.limits(), [400_000, 400_000, 400_000], 'it has become fast');
  await on.keeper.stop();
});

test('one that begins is limited before its first byte, and the limit is shared anew at once', async () => {
  const runs = [fakeRun(1), fakeRun(2)];
  const on = await onStage({ rate: 1_000_000 }, runs);
  on.held.delete(2);
  await on.pass(1);
  assert.equal(runs[0]?.rate, 1_000_000);
  on.held.set(2, runs[1] as Run);
  on.keeper.admit(runs[1] as Run);
  assert.deepEqual(on.limits(), [1_000_000, 500_000]);
  await on.clock.advance(50);
  assert.deepEqual(on.limits(), [500_000, 500_000]);
  await on.keeper.stop();
});

test('one that begins is held to its own limit, to that of its host, or to none', async () => {
  const runs = [fakeRun(1, { rate: 5000 }), fakeRun(2), fakeRun(3, { link: 'http://other/x' })];
  const on = await onStage({ hosts: { 'host:80': 90_000 } }, []);
  for (const run of runs) {
    on.held.set(run.claim.download.id, run);
    on.keeper.admit(run);
  }
  assert.deepEqual(
    runs.map(({ rate }) => rate),
    [5000, 90_000, 0],
  );
  await on.keeper.stop();
});

test('the limit of a download holds: its own goes before the configured, off is none', async () => {
  const runs = [fakeRun(1), fakeRun(2, { rate: 30_000 }), fakeRun(3, { rate: 'off' })];
  const on = await onStage({ perDownload: 100_000 }, runs);
  assert.deepEqual(on.limits(), [100_000, 30_000, 0]);
  await on.keeper.stop();
});

test('what a person sets while they run is obeyed at the next change of the store', async () => {
  const runs = [fakeRun(1), fakeRun(2, { rate: 30_000 })];
  const on = await onStage({ rate: 500_000 }, runs);
  const row = (id: number, rate?: Rate) => ({
    ...{ id, instance: 'me', link: 'http://host/file', category: null },
    ...(rate === undefined ? {} : { rate }),
  });
  on.stage.rates = { total: 200_000, downloading: [row(1, 50_000), row(2)] };
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [50_000, 150_000]);
  on.stage.rates = { total: 'off', downloading: [row(1), row(2)] };
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [0, 0]);
  await on.keeper.stop();
});

test('a limit of a host holds for all downloads from it, within the limit of all', async () => {
  const runs = [fakeRun(1), fakeRun(2, { link: 'https://host/y' }), fakeRun(3, { link: 'https://other:8443/x' })];
  const hosts = { 'host:80': 100_000, 'host:443': 100_000, 'other:8443': 2_000_000 };
  const on = await onStage({ rate: 1_000_000, hosts }, runs);
  assert.deepEqual(on.limits(), [50_000, 50_000, 900_000]);
  await on.keeper.stop();
});

test('a limit of a category holds for all its downloads, whatever their hosts, and those of others', async () => {
  const runs = [fakeRun(1, { category: 'films' }), fakeRun(2, { category: 'films', link: 'http://x/' }), fakeRun(3)];
  const other = { id: 8, instance: 'other', link: 'http://elsewhere/x', category: 'films' };
  const on = await onStage({ rate: 900_000, categories: { films: 300_000 } }, runs, { downloading: [other] });
  assert.deepEqual(on.limits(), [100_000, 100_000, 600_000]);
  const moved = { id: 3, instance: 'me', link: 'http://host/file', category: 'films' };
  on.stage.rates = { downloading: [moved] };
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [100_000, 100_000, 100_000], 'its category was changed while it runs');
  await on.keeper.stop();
});

test('ports of a host that have limits of their own do not share one', async () => {
  const runs = [fakeRun(1), fakeRun(2, { link: 'http://host:8080/y' }), fakeRun(3, { link: 'no link' })];
  const on = await onStage({ hosts: { 'host:80': 100_000, 'host:8080': 40_000 } }, runs);
  assert.deepEqual(on.limits(), [100_000, 40_000, 0]);
  await on.keeper.stop();
});

test('what other instances of the machine fetch has its part of the limit of all', async () => {
  const other = { instance: 'other', link: 'http://elsewhere/x', category: null };
  const recorded = {
    downloading: [
      { id: 8, ...other },
      { id: 9, ...other, rate: 100_000 },
    ],
  };
  const on = await onStage({ rate: 1_000_000 }, [fakeRun(1)], recorded);
  assert.deepEqual(on.limits(), [450_000]);
  await on.keeper.stop();
});

test('in a window its rate holds; a limit by hand holds there too where it is lower', async () => {
  const windows = [{ days: daily, from: '12:00', to: '12:01', rate: 300_000 }];
  const on = await onStage({ rate: 100_000, windows }, [fakeRun(1)]);
  assert.deepEqual(on.limits(), [300_000]);
  on.stage.rates = { total: 200_000, downloading: [] };
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [200_000]);
  on.stage.rates = { total: 400_000, downloading: [] };
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [300_000]);
  await on.pass(60);
  assert.deepEqual(on.limits(), [400_000], 'the window has ended');
  await on.keeper.stop();
});

test('when hours begin in which nothing may run all is let go, and at their end work is looked for', async () => {
  const windows = [{ days: daily, from: '12:01', to: '12:03', rate: 0 }];
  const [fetching, finishing] = [fakeRun(1), fakeRun(2)];
  finishing.status = 'processing';
  const on = await onStage({ windows }, [fetching, finishing]);
  await on.pass(59);
  assert.equal(fetching.order, undefined);
  await on.pass(1);
  assert.deepEqual(fetching.order, { by: 'window' });
  assert.equal(finishing.order, undefined, 'its bytes are in place');
  await on.pass(119);
  assert.equal(on.stage.opened, 0);
  await on.pass(1);
  assert.equal(on.stage.opened, 1);
  await on.keeper.stop();
});

test('a store that cannot be asked leaves the limits as they are', async () => {
  const on = await onStage({ rate: 1_000_000 }, [fakeRun(1)]);
  Object.defineProperty(on.stage, 'rates', {
    get: () => {
      throw new Error('locked');
    },
  });
  on.keeper.look();
  await on.clock.advance(200);
  assert.deepEqual(on.limits(), [1_000_000]);
  await on.keeper.stop();
  await on.keeper.stop();
});
