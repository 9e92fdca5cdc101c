import { bytesPerSecond, type Rate } from '../config/rate.ts';
import { type Zone, zoneNamed } from './zone.ts';

/** Hours of the week in which another rate holds, as the configuration has them. */
export interface RateWindow {
  /** On which it begins: `mon` … `sun`. */
  readonly days: readonly string[];
  /** `HH:MM`, local time. */
  readonly from: string;
  /** `HH:MM`, up to `24:00`; not later than `from`: on the next day. */
  readonly to: string;
  /** 0: nothing runs. */
  readonly rate: Rate;
}

export interface ScheduledRate {
  /** Bytes/s, Infinity for no limit, 0 when nothing may run; undefined outside of all windows. */
  readonly rate: number | undefined;
  /** The moment at which this changes, UTC epoch ms; null: never. */
  readonly until: number | null;
}

export interface Schedule {
  at(now: number): ScheduledRate;
  /** The moment at which downloads may run again; undefined when they may now. Infinity: never. */
  closedUntil(now: number): number | undefined;
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const day = 86_400_000;
/** A week and a day: whatever does not change within that never does. */
const daysAhead = 8;

/**
 * Which rate the windows give at `now` (UTC epoch ms), and until when. Pure. The first window that holds
 * counts. A window opens and closes once on each of its days, at the first moment at which the clock on
 * the wall shows its time or a later one: also on days when the clock is changed.
 */
export function rateAt(windows: readonly RateWindow[], now: number, zone: Zone): ScheduledRate {
  const spans = spansAround(windows, now, zone);
  const rateOn = (moment: number) => spans.find(({ from, to }) => from <= moment && moment < to)?.rate;
  const rate = rateOn(now);
  const edges = spans.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > now);
  const until = edges.sort((a, b) => a - b).find((edge) => rateOn(edge) !== rate && edge <= now + daysAhead * day);
  return { rate, until: until ?? null };
}

/** The schedule of a configuration; remembers its last answer, so that asking again costs nothing. */
export function scheduleOf(limits: {
  readonly schedule: readonly RateWindow[];
  readonly schedule_time_zone: string;
}): Schedule {
  const { schedule: windows } = limits;
  const zone = windows.length === 0 ? undefined : zoneNamed(limits.schedule_time_zone);
  let known: { readonly from: number; readonly answer: ScheduledRate } | undefined;
  const at = (now: number): ScheduledRate => {
    if (!zone) return always;
    const holds = known && known.from <= now && now < (known.answer.until ?? known.from + day);
    if (!known || !holds) known = { from: now, answer: rateAt(windows, now, zone) };
    return known.answer;
  };
  return {
    at,
    closedUntil(now) {
      const { rate, until } = at(now);
      return rate === 0 ? (until ?? Number.POSITIVE_INFINITY) : undefined;
    },
  };
}

/** What is odd about a schedule that can be used, for a person. */
export function scheduleWarnings(limits: Parameters<typeof scheduleOf>[0], now: number): string[] {
  if (scheduleOf(limits).closedUntil(now) !== Number.POSITIVE_INFINITY) return [];
  return ['limits.schedule leaves no hours: with rate 0 at all times nothing is ever downloaded'];
}

/**
 * The limit of all downloads together, bytes/s, Infinity for none. In a window its rate goes before the
 * configured one; what a person set while downloads run holds always, in a window where it is lower.
 */
export function effectiveRate(rates: {
  readonly scheduled: number | undefined;
  readonly set: Rate | undefined;
  readonly configured: Rate;
}): number {
  const { scheduled, set, configured } = rates;
  return scheduled === undefined ? bytesPerSecond(set ?? configured) : Math.min(scheduled, bytesPerSecond(set));
}

const always: ScheduledRate = { rate: undefined, until: null };

interface Span {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/** Every opening of a window that matters from now on, those of one window side by side in the order of the list. */
function spansAround(windows: readonly RateWindow[], now: number, zone: Zone): Span[] {
  const today = Math.floor(zone.shownAt(now) / day) * day;
  return windows.flatMap((window) => {
    const spans: Span[] = [];
    const [from, to] = [minutes(window.from), minutes(window.to)];
    for (let ahead = -2; ahead <= daysAhead + 1; ahead += 1) {
      const date = today + ahead * day;
      if (!window.days.includes(weekdays[new Date(date).getUTCDay()] ?? '')) continue;
      const end = to > from ? date + to : date + day + to;
      const span = { from: zone.momentOf(date + from), to: zone.momentOf(end), rate: bytesPerSecond(window.rate) };
      if (span.to > now && span.from < span.to) spans.push(span);
    }
    return spans;
  });
}

/** `08:30` as ms after midnight. */
function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return (hours * 60 + rest) * 60_000;
}
