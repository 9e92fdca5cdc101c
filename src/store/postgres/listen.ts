import pg from 'pg';
import type { Clock } from '../../time/clock.ts';
import type { Address } from './address.ts';
import { channel, countOfOthers } from './ledger.ts';
import { connectionOptions, usualLimits } from './session.ts';

/**
 * The net under the notifications, ms: each time it is also seen that the connection is still there, and after an
 * outage that something may have been missed.
 */
const poll = 5000;
const shortestWait = 100;

export interface ListenParts {
  readonly address: Address;
  readonly clock: Clock;
  /** Whose changes are not told. */
  readonly writer: string;
  /** What `countOfOthers` said before. */
  readonly seen: number;
}

/** Tells of changes by other processes until the returned function is called. */
export function listen(parts: ListenParts, tell: () => void): () => void {
  const { address, clock, writer } = parts;
  const closing = new AbortController();
  let { seen } = parts;
  void keepListening();
  return () => closing.abort();

  async function keepListening(): Promise<void> {
    for (let wait = shortestWait; !closing.signal.aborted; wait = Math.min(wait * 2, poll)) {
      const listened = await listenOnce().catch(() => false);
      if (listened) wait = shortestWait;
      await clock.sleep(wait, closing.signal).catch(() => {});
    }
  }

  /** Until the connection is lost; true: it was there for a while. */
  async function listenOnce(): Promise<boolean> {
    const client = new pg.Client({
      ...connectionOptions(address),
      connectionTimeoutMillis: usualLimits.connect,
      query_timeout: poll,
    });
    const ended = Promise.withResolvers<void>();
    client.on('error', () => ended.resolve());
    client.on('end', () => ended.resolve());
    client.on('notification', ({ payload }) => {
      if (payload !== writer) tell();
    });
    const close = () => ended.resolve();
    closing.signal.addEventListener('abort', close);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      await look();
      const stop = clock.every(poll, () => void look().catch(() => ended.resolve()));
      await ended.promise;
      stop();
      return true;
    } finally {
      closing.signal.removeEventListener('abort', close);
      void client.end().catch(() => {});
    }

    async function look(): Promise<void> {
      const { rows } = await client.query<{ seq: number }>(countOfOthers, [writer]);
      const now = rows[0]?.seq ?? 0;
      if (seen !== now) tell();
      seen = now;
    }
  }
}
