import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';

/** How long work that failed rests before it is begun again, ms; doubles with each failure in a row. */
const firstRest = 1000;
const longestRest = 60_000;
/** More errors that nobody caught within so many ms are more than one download's. */
const mostUncaught = 10;
const uncaughtWithin = 60_000;

/**
 * The one supervisor of the loops: a clock on which work that repeats goes on after it failed. The failure is
 * logged, the work rests, longer each time, and begins again; one that succeeds begins anew. Work that is done
 * once is only kept from taking the process along.
 */
export function supervisedClock(clock: Clock, log: Log): Clock {
  return {
    ...clock,
    every(ms, run) {
      let failures = 0;
      let restsUntil = Number.NEGATIVE_INFINITY;
      return clock.every(ms, () => {
        if (clock.monotonic() < restsUntil) return;
        try {
          run();
          failures = 0;
        } catch (error) {
          const rest = Math.min(longestRest, firstRest * 2 ** failures);
          failures += 1;
          restsUntil = clock.monotonic() + rest;
          log.error({ error, failures }, `work that repeats has failed; it is begun again in ${rest / 1000} s`);
        }
      });
    },
    after: (ms, run) =>
      clock.after(ms, () => {
        try {
          run();
        } catch (error) {
          log.error({ error }, 'work that was put off has failed');
        }
      }),
  };
}

/**
 * Keeps a server from dying of an error that nobody caught, such as one of a library in the middle of one download:
 * it is logged. What is written is safe in any case, since every write is fenced. `giveUp` is called when they come
 * in such numbers that a new start is better. Returns the function that ends it.
 */
export function guardProcess(
  process: Pick<NodeJS.Process, 'on' | 'off'>,
  parts: { readonly clock: Pick<Clock, 'monotonic'>; readonly log: Log; giveUp(): void },
): () => void {
  let moments: number[] = [];
  const caught = (error: unknown): void => {
    const now = parts.clock.monotonic();
    moments = [...moments.filter((moment) => now - moment < uncaughtWithin), now];
    parts.log.error({ error }, 'an error that nobody caught; please report it');
    if (moments.length > mostUncaught) parts.giveUp();
  };
  process.on('uncaughtException', caught);
  return () => void process.off('uncaughtException', caught);
}
