/**
 * Clocks on walls: the arithmetic between moments (UTC epoch ms) and what a clock in a time zone shows.
 * A shown time is written as the epoch ms of the same figures in UTC, so that it can be calculated with.
 */
export interface Zone {
  /** What the clock shows at this moment. */
  shownAt(moment: number): number;
  /**
   * The first moment at which the clock shows this or a later time. So a time that the clock jumps over
   * (in spring) is the moment of the jump, and one that it shows twice (in autumn) is the first of both.
   */
  momentOf(shown: number): number;
}

const second = 1000;
const day = 86_400_000;

/** `name`: an IANA name; `system` for the zone of this machine. Throws RangeError for an unknown one. */
export function zoneNamed(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    ...(name === 'system' ? {} : { timeZone: name }),
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });

  const offsetAt = (moment: number): number => {
    const whole = Math.floor(moment / second) * second;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(whole)) part[type] = Number(value);
    const { year = 0, month = 1, day: dayOfMonth = 1, hour = 0, minute = 0, second: seconds = 0 } = part;
    return Date.UTC(year, month - 1, dayOfMonth, hour, minute, seconds) - whole;
  };

  /** The moment in between at which the offset changes; there is exactly one. */
  const changeBetween = (before: number, after: number): number => {
    const old = offsetAt(before);
    let [low, high] = [before, after];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === old) low = middle;
      else high = middle;
    }
    return high;
  };

  return {
    shownAt: (moment) => moment + offsetAt(moment),
    momentOf(shown) {
      const [before, after] = [shown - day, shown + day];
      const [old, next] = [offsetAt(before), offsetAt(after)];
      if (old === next) return shown - old;
      const change = changeBetween(before, after);
      return shown - old < change ? shown - old : Math.max(change, shown - next);
    },
  };
}
