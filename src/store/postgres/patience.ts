import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import { StoreFailure } from '../store.ts';
import { type Address, placeOf } from './address.ts';
import { serverFailureOf, Trouble } from './failure.ts';

export interface Patience {
  /** Asks again while the database is away or another transaction is in the way. Throws `StoreFailure`, or what is no trouble. */
  patiently<T>(attempt: () => Promise<T>): Promise<T>;
  /** What is thrown for this: a `StoreFailure` with one sentence where the database threw it. */
  failureOf(error: unknown): unknown;
  /** Ends all waits. */
  close(): void;
}

const shortestWait = 20;
const longestWait = 1000;
/** Another transaction was in the way so often: then it is no chance. */
const mostConflicts = 8;
/** A person is told of an outage that lasts longer, ms: what is over sooner holds nobody up. */
const worthTelling = 1000;

export interface PatienceParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly patience: number;
  /** Called once when an outage has lasted for a second, and once when it is over. */
  onOutage?(isAway: boolean): void;
}

/**
 * Waits for a database that is away, and says so once. `patience` (ms) counts from the moment it went away, not for each
 * question, so that nothing waits long for a database that is known to be away.
 */
export function createPatience(address: Address, parts: PatienceParts): Patience {
  const { clock, log, patience } = parts;
  const closing = new AbortController();
  let away: { readonly since: number; isTold: boolean } | undefined;

  return {
    async patiently(attempt) {
      let conflicts = 0;
      for (let wait = shortestWait; ; wait = Math.min(wait * 2, longestWait)) {
        if (closing.signal.aborted) throw new StoreFailure('the store is closed');
        try {
          const result = await attempt();
          isBack();
          return result;
        } catch (error) {
          if (!(error instanceof Trouble) || error.verdict === 'refused') throw serverFailureOf(error, address);
          if (error.verdict === 'conflict') conflicts += 1;
          else isAway(error);
          const late = away !== undefined && clock.monotonic() - away.since >= patience;
          if (conflicts >= mostConflicts || late) throw serverFailureOf(error, address);
        }
        await clock.sleep(wait * (0.5 + Math.random() / 2), closing.signal).catch(() => {});
      }
    },
    failureOf: (error) => serverFailureOf(error, address),
    close: () => closing.abort(),
  };

  function isAway(error: Trouble): void {
    if (away) {
      tell(away);
      return;
    }
    away = { since: clock.monotonic(), isTold: false };
    log.warn({ error: error.message, database: placeOf(address) }, 'the database does not answer; waiting for it');
  }

  function isBack(): void {
    if (!away) return;
    log.info(
      { database: placeOf(address), ms: Math.round(clock.monotonic() - away.since) },
      'the database answers again',
    );
    if (away.isTold) parts.onOutage?.(false);
    away = undefined;
  }

  function tell(outage: NonNullable<typeof away>): void {
    if (outage.isTold || clock.monotonic() - outage.since < worthTelling) return;
    outage.isTold = true;
    parts.onOutage?.(true);
  }
}
