import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from './config.ts';
import { ConfigError } from './problems.ts';
import { days, timeWindow } from './windows.ts';

const load = (schedule: unknown, zone = 'system') =>
  loadConfig({
    env: { HOME: '/nowhere' },
    cwd: '/',
    flags: {
      set: [
        { key: 'limits.schedule', value: schedule, flag: '--set' },
        { key: 'limits.schedule_time_zone', value: zone, flag: '--set' },
      ],
    },
  });

const complaint = async (schedule: unknown, zone?: string): Promise<string> => {
  const error: unknown = await load(schedule, zone).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError, JSON.stringify(schedule));
  return error.message;
};

const oneWindow = async (window: unknown) => (await load([window])).config.limits.schedule[0];

test('a window is read from a map and from one line', async () => {
  const office = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00', rate: 2_000_000 };
  assert.deepEqual(await oneWindow({ days: 'mon-fri', from: '08:00', to: '18:00', rate: '2MB' }), office);
  assert.deepEqual(await oneWindow('mon-fri 08:00-18:00 2MB'), office);
  assert.deepEqual(await oneWindow('Fri, mon-thu 08:00 - 18:00 2MB/s'), office);
  assert.deepEqual(await oneWindow({ days: ['sat', 'sun'], from: '00:00', to: '24:00', rate: 'off' }), {
    ...{ days: ['sat', 'sun'], from: '00:00', to: '24:00', rate: 'off' },
  });
  assert.deepEqual((await oneWindow({ days: 'sat-mon', from: '22:00', to: '06:00', rate: 0 }))?.days, [
    ...['mon', 'sat', 'sun'],
  ]);
  assert.deepEqual(await oneWindow('22:00-06:00 0'), { days, from: '22:00', to: '06:00', rate: 0 });
});

test('several windows come from a variable, one a line', async () => {
  const { config } = await loadConfig({
    env: { HOME: '/nowhere', LONGHAUL_LIMITS_SCHEDULE: 'mon-fri 08:00-18:00 2MB\nsat 10:00-12:00 0' },
    cwd: '/',
  });
  assert.deepEqual(
    config.limits.schedule.map(({ rate }) => rate),
    [2_000_000, 0],
  );
});

test('what is wrong in a window is said with its place, its value and what is allowed', async () => {
  const good = { days: 'mon', from: '08:00', to: '18:00', rate: 0 };
  const cases: [unknown, RegExp][] = [
    [{ ...good, from: '8:00' }, /limits\.schedule\[0\]\[from\]: "8:00".*must be a time of day such as '08:00'/],
    [{ ...good, from: '24:00' }, /\[from\].*time of day/],
    [{ ...good, to: '18:60' }, /\[to\]: "18:60".*time of day/],
    [{ ...good, to: '08:00' }, /\[to\].*cannot be the same as from; a whole day is from: 00:00, to: 24:00/],
    [{ ...good, days: 'mo-fr' }, /\[days\]: "mo-fr".*must be days such as mon-fri/],
    [{ ...good, days: [] }, /\[days\].*must be days such as/],
    [{ ...good, days: 3 }, /\[days\]: 3.*must be days such as/],
    [
      { ...good, rate: 'fast' },
      /\[rate\]: "fast".*must be 0 \(nothing runs\), off \(no limit\), or a rate such as 2MB/,
    ],
    [{ ...good, rate: 5 }, /\[rate\]: 5.*at least 1kB/],
    [{ ...good, speed: 5 }, /\[0\].*unknown key speed; a window has days, from, to, rate/],
    ['always', /\[0\]: "always".*must be a window such as \{ days: mon-fri/],
    [7, /\[0\]: 7.*must be a window/],
    [{ days: 'mon', to: '18:00', rate: 0 }, /\[from\].*must be a time of day/],
  ];
  for (const [window, expected] of cases) assert.match(await complaint([window]), expected);
  assert.match(await complaint('mon 08:00-18:00 fast'), /\[rate\].*must be 0/);
  assert.match(await complaint({ days: 'mon' }), /limits\.schedule:.*must be a list of windows/);
});

test('a time zone must be one that exists', async () => {
  assert.equal((await load([], 'Australia/Lord_Howe')).config.limits.schedule_time_zone, 'Australia/Lord_Howe');
  assert.match(
    await complaint([], 'Berlin'),
    /limits\.schedule_time_zone: "Berlin".*must be system, or a time zone such as Europe\/Berlin/,
  );
});

test('a rate of 0 is refused outside of windows: it would mean the opposite there', async () => {
  for (const key of ['limits.rate', 'limits.rate_per_download']) {
    const wrong = loadConfig({ env: { HOME: '/n' }, cwd: '/', flags: { set: [{ key, value: 0, flag: '--set' }] } });
    await assert.rejects(wrong, /must be off, or a rate such as 2MB/);
  }
});

test('property: whatever is written, a window is either refused or whole', () => {
  const type = timeWindow();
  const likely = (...good: readonly string[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.string() });
  const time = likely('08:00', '08:30', '18:00', '24:00', '7:00', '25:00');
  const days = likely('mon-fri', 'sat,sun', 'sun-mon', 'daily', 'mon-');
  const rate = likely('2MB', 'off', '0', '-1');
  const written = fc.oneof(
    fc.anything(),
    fc.record({ days: fc.oneof(days, fc.anything()), from: time, to: time, rate: fc.oneof(rate, fc.integer()) }),
    fc.tuple(days, time, time, rate).map((parts) => `${parts[0]} ${parts[1]}-${parts[2]} ${parts[3]}`),
  );
  let whole = 0;
  fc.assert(
    fc.property(written, (given) => {
      const read = type.safeParse(given);
      if (!read.success) return assert.ok(read.error.issues.every(({ message }) => message.length > 0));
      whole += 1;
      assert.ok(read.data.days.length > 0 && read.data.from !== read.data.to);
    }),
  );
  assert.ok(whole > 0);
});
