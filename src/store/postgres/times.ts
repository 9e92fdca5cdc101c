import type { Clock } from '../../time/clock.ts';

/**
 * The database's clock decides: moments are kept by it, so that instances whose clocks differ, or jump, agree on which
 * lease has ended. Its time is learned with every transaction and carried on by a clock that does not jump; what goes
 * to the database is moved by the difference, what comes back is moved the other way.
 */
export interface Times {
  /**
   * What the database's clock showed, UTC epoch ms, in an answer to what was asked at `askedAt` (monotonic ms). One that
   * was long on its way, or waited for a process that was stopped, tells a time that is over: nothing is learned of it.
   */
  learn(databaseNow: number, askedAt: number): void;
  /** For `learn`. */
  monotonic(): number;
  outward<T>(name: string, value: T): T;
  inward<Row extends Readonly<Record<string, unknown>>>(row: Row): Row;
}

/** Clocks that differ by less count as the same, ms: a lease is given up long before its end. */
const tolerance = 1000;
/** The names of moments; see `Statement`. */
const moment = /^(?:now|at|before|since|until|due|stale|\w+_(?:at|until|before|since))$/;

export function createTimes(clock: Pick<Clock, 'now' | 'monotonic'>): Times {
  let origin: number | undefined;

  return {
    learn(databaseNow, askedAt) {
      const answeredAt = clock.monotonic();
      if (origin !== undefined && answeredAt - askedAt >= tolerance) return;
      origin = databaseNow - answeredAt;
    },
    monotonic: () => clock.monotonic(),
    outward: (name, value) => moved(name, value, skew()),
    inward(row) {
      const by = -skew();
      if (by === 0) return row;
      return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, moved(name, value, by)]),
      ) as typeof row;
    },
  };

  function skew(): number {
    if (origin === undefined) return 0;
    const difference = Math.round(origin + clock.monotonic() - clock.now());
    return Math.abs(difference) < tolerance ? 0 : difference;
  }
}

function moved<T>(name: string, value: T, by: number): T {
  if (by === 0 || typeof value !== 'number' || !moment.test(name)) return value;
  return (value + by) as T;
}
