import { all, get, type Work } from './database.ts';
import { attemptFigures } from './statements/attempt-figures.ts';
import { endsByQuarter } from './statements/ends-by-quarter.ts';
import { groupFigures } from './statements/group-figures.ts';
import type { Figures } from './store.ts';

/** The sums that statistics are made of, of what was completed or last changed since. */
export function* figures(since: number): Work<Figures> {
  const groups = yield* all(groupFigures, { since });
  const ends = yield* all(endsByQuarter, { since });
  const attempts = yield* get(attemptFigures, { since });
  return {
    groups: groups.map(({ source, category, status, count, bytes, retries }) => ({
      ...{ source, category, status, count },
      bytes: bytes ?? 0,
      retries: retries ?? 0,
    })),
    ends: ends.map(({ quarter, status, count, bytes }) => ({
      at: quarter * 900_000,
      completed: status === 'failed' ? 0 : count,
      failed: status === 'failed' ? count : 0,
      bytes: status === 'failed' ? 0 : (bytes ?? 0),
    })),
    attempts: {
      tries: attempts?.tries ?? 0,
      resumes: attempts?.resumes ?? 0,
      resumed: attempts?.resumed ?? 0,
      bytes: attempts?.bytes ?? 0,
      ms: attempts?.ms ?? 0,
      peak: attempts?.peak ?? 0,
    },
  };
}
