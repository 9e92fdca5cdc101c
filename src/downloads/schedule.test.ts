import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/runs.ts';
import { type RateWindow, rateAt, scheduleOf, scheduleWarnings } from './schedule.ts';
import { type Zone, zoneNamed } from './zone.ts';

const minute = 60_000;
const quarterHour = 15 * minute;
const hour = 60 * minute;
const day = 24 * hour;
const daily = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const workdays = daily.slice(0, 5);
const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const berlin = zoneNamed('Europe/Berlin');
const zones = new Map(
  ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'].map(
    (name) => [name, zoneNamed(name)] as const,
  ),
);

const at = (text: string) => Date.parse(text);
const window = (from: string, to: string, rate: RateWindow['rate'], days = daily): RateWindow => ({
  ...{ days, from, to, rate },
});

test('a window holds from its first minute to before its last, on its days only', () => {
  const office = [window('08:00', '18:00', 2000, workdays)];
  const asked = (moment: string) => rateAt(office, at(moment), berlin);
  const friday = { rate: 2000, until: at('2026-11-20T18:00+01:00') };
  assert.deepEqual(asked('2026-11-20T07:59:59.999+01:00'), { rate: undefined, until: at('2026-11-20T08:00+01:00') });
  assert.deepEqual(asked('2026-11-20T08:00+01:00'), friday);
  assert.deepEqual(asked('2026-11-20T17:59:59.999+01:00'), friday);
  assert.deepEqual(asked('2026-11-20T18:00+01:00'), { rate: undefined, until: at('2026-11-23T08:00+01:00') });
  assert.deepEqual(asked('2026-11-21T12:00+01:00'), { rate: undefined, until: at('2026-11-23T08:00+01:00') });
});

test('a window over midnight belongs to the day on which it begins', () => {
  const night = [window('22:00', '06:00', 0, ['fri'])];
  const asked = (moment: string) => rateAt(night, at(moment), berlin).rate;
  assert.equal(asked('2026-11-20T05:00+01:00'), undefined);
  assert.equal(asked('2026-11-20T22:00+01:00'), 0);
  assert.equal(asked('2026-11-21T05:59+01:00'), 0);
  assert.equal(asked('2026-11-21T06:00+01:00'), undefined);
  assert.equal(asked('2026-11-21T23:00+01:00'), undefined);
});

test('of windows that overlap the first in the list counts, and off is no limit', () => {
  const both = [window('12:00', '13:00', 'off'), window('08:00', '18:00', 5000)];
  const noon = at('2026-11-20T12:30+01:00');
  assert.deepEqual(rateAt(both, noon, berlin), { rate: Infinity, until: at('2026-11-20T13:00+01:00') });
  assert.deepEqual(rateAt(both.toReversed(), noon, berlin), { rate: 5000, until: at('2026-11-20T18:00+01:00') });
});

test('windows side by side with one rate are told as one', () => {
  const two = [window('08:00', '12:00', 0), window('12:00', '24:00', 0), window('00:00', '01:00', 0)];
  assert.equal(rateAt(two, at('2026-11-20T09:00+01:00'), berlin).until, at('2026-11-21T01:00+01:00'));
});

test('what holds always never changes', () => {
  assert.deepEqual(rateAt([window('00:00', '24:00', 0)], at('2026-11-20T09:00Z'), berlin), { rate: 0, until: null });
  assert.deepEqual(rateAt([], at('2026-11-20T09:00Z'), berlin), { rate: undefined, until: null });
});

test('in spring a time that the clock jumps over is the moment of the jump', () => {
  const jump = at('2026-03-29T01:00Z');
  assert.equal(berlin.momentOf(Date.UTC(2026, 2, 29, 2, 30)), jump);
  const asked = (from: string, to: string, moment: number) => rateAt([window(from, to, 0)], moment, berlin);
  assert.deepEqual(asked('02:30', '03:30', jump), { rate: 0, until: jump + 30 * minute });
  assert.equal(asked('02:15', '02:45', jump).rate, undefined, 'a window that is jumped over does not open');
  assert.deepEqual(asked('01:00', '02:30', jump - 1), { rate: 0, until: jump });
  assert.equal(zoneNamed('America/New_York').momentOf(Date.UTC(2026, 2, 8, 2, 30)), at('2026-03-08T07:00Z'));
});

test('in autumn a window opens once, however often the clock shows its time', () => {
  const first = at('2026-10-25T00:30Z');
  assert.equal(berlin.momentOf(Date.UTC(2026, 9, 25, 2, 30)), first);
  const asked = (from: string, to: string, moment: number) => rateAt([window(from, to, 0)], moment, berlin);
  assert.deepEqual(asked('22:00', '02:30', first - 1), { rate: 0, until: first });
  assert.equal(asked('22:00', '02:30', at('2026-10-25T01:15Z')).rate, undefined);
  assert.deepEqual(asked('02:30', '06:00', first), { rate: 0, until: at('2026-10-25T05:00Z') });
});

test('a zone whose clock moves by half an hour', () => {
  const lordHowe = zones.get('Australia/Lord_Howe') as Zone;
  assert.equal(lordHowe.momentOf(Date.UTC(2026, 9, 4, 2, 15)), at('2026-10-03T15:30Z'), 'jumped over: 02:00 to 02:30');
  assert.equal(lordHowe.momentOf(Date.UTC(2026, 3, 5, 1, 45)), at('2026-04-04T14:45Z'), 'shown twice: 01:30 to 02:00');
});

/** Moments near changes of the clock, and any others. */
const moment = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z').map(at),
      fc.integer({ min: -3 * day, max: 3 * day }),
    )
    .map(([near, by]) => near + by),
  fc
    .tuple(
      fc.constantFrom('2026-04-04T15:00Z', '2026-10-03T15:30Z').map(at),
      fc.integer({ min: -6 * hour, max: 6 * hour }),
    )
    .map(([near, by]) => near + by),
  fc.integer({ min: at('2024-01-01T00:00Z'), max: at('2032-01-01T00:00Z') }),
);
const zoneName = fc.constantFrom(...zones.keys());
const time = fc
  .oneof(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 4, max: 16 }))
  .map(
    (quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
  );
const anyWindow = fc
  .record({
    days: fc.subarray(daily, { minLength: 1 }),
    from: time,
    to: fc.oneof(time, fc.constant('24:00')),
    rate: fc.constantFrom<RateWindow['rate']>(0, 1000, 2000, 'off'),
  })
  .filter(({ from, to }) => from !== to);
const anyWindows = fc.array(anyWindow, { maxLength: 4 });

/**
 * The same in another way: a clock that never goes back, and windows held against what it shows. Clocks are changed at a
 * quarter of an hour: what one showed latest, it showed at the end of one.
 */
function expectedRate(windows: readonly RateWindow[], now: number, zone: Zone): number | undefined {
  let shown = zone.shownAt(now);
  for (let end = now - (now % quarterHour) - 1; end > now - 2 * hour; end -= quarterHour)
    shown = Math.max(shown, zone.shownAt(end));
  const dayOf = (shownTime: number) => names[new Date(shownTime).getUTCDay()] ?? '';
  const clock = new Date(shown).toISOString().slice(11, 16);
  const holds = ({ days, from, to }: RateWindow) => {
    if (from < to) return days.includes(dayOf(shown)) && from <= clock && clock < to;
    if (clock >= from) return days.includes(dayOf(shown));
    return clock < to && days.includes(dayOf(shown - day));
  };
  const rate = windows.find(holds)?.rate;
  return rate === 'off' ? Infinity : rate;
}

test('property: the rate is what a clock on the wall that never goes back would say', () => {
  fc.assert(
    fc.property(anyWindows, moment, zoneName, (windows, now, name) => {
      const zone = zones.get(name) as Zone;
      assert.equal(rateAt(windows, now, zone).rate, expectedRate(windows, now, zone));
    }),
    { numRuns: runs(60) },
  );
});

test('property: until then nothing changes, and then it does', () => {
  fc.assert(
    fc.property(
      anyWindows,
      moment,
      zoneName,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (windows, now, name, share) => {
        const zone = zones.get(name) as Zone;
        const { rate, until } = rateAt(windows, now, zone);
        if (until !== null) assert.notEqual(rateAt(windows, until, zone).rate, rate);
        const between = now + Math.floor(((until ?? now + 8 * day) - 1 - now) * share);
        assert.deepEqual(rateAt(windows, between, zone), until === null ? { rate, until: null } : { rate, until });
      },
    ),
    { numRuns: runs(40) },
  );
});

test('property: a time of day is the first moment at which the clock shows it or later', () => {
  fc.assert(
    fc.property(moment, zoneName, (shown, name) => {
      const zone = zones.get(name) as Zone;
      const first = zone.momentOf(shown);
      assert.ok(zone.shownAt(first) >= shown);
      for (const back of [1, minute, 29 * minute, hour, 2 * hour])
        assert.ok(zone.shownAt(first - back) < shown, `${back} ms before`);
    }),
    { numRuns: runs(40) },
  );
});

test('a schedule tells how long nothing may run, also after the clock was set back', () => {
  const schedule = scheduleOf({ schedule: [window('08:00', '18:00', 0)], schedule_time_zone: 'Europe/Berlin' });
  const evening = at('2026-11-20T18:00+01:00');
  assert.equal(schedule.closedUntil(at('2026-11-20T09:00+01:00')), evening);
  assert.equal(schedule.closedUntil(evening - 1), evening);
  assert.equal(schedule.closedUntil(evening), undefined);
  assert.equal(schedule.closedUntil(at('2026-11-20T12:00+01:00')), evening, 'the clock was set back');
  const never = scheduleOf({ schedule: [window('00:00', '24:00', 0)], schedule_time_zone: 'system' });
  assert.equal(never.closedUntil(evening), Infinity);
  const closed = { schedule: [window('00:00', '24:00', 0)], schedule_time_zone: 'system' };
  assert.match(scheduleWarnings(closed, evening).join(), /limits\.schedule leaves no hours/);
  assert.deepEqual(scheduleWarnings({ ...closed, schedule: [window('08:00', '18:00', 0)] }, evening), []);
  const free = scheduleOf({ schedule: [], schedule_time_zone: 'system' });
  assert.deepEqual([free.closedUntil(evening), free.at(evening).rate], [undefined, undefined]);
});
