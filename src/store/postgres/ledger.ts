import { v7 as uuidv7 } from 'uuid';
import { insertEvent } from '../statements/insert-event.ts';
import type { Params } from '../statements/statement.ts';
import { StoreFailure } from '../store.ts';
import { conflict } from './failure.ts';
import type { Patience } from './patience.ts';
import { epochMs, type Session, type Sessions } from './session.ts';

/** What others are told on, and own news are known by. */
export const channel = 'longhaul';

/** Over all other writers; one parameter: the own. */
export const countOfOthers = 'SELECT COALESCE(SUM(seq), 0) AS seq FROM writers WHERE uid <> $1';

/**
 * Counts the commits of this process in its row of `writers`, so that nothing is done twice: when the answer to a commit
 * is lost, that row is locked, which waits until the lost transaction is over, and its count tells the truth.
 */
export interface Ledger {
  /** Who writes: tells own notifications from those of others. */
  readonly writer: string;
  /** Before the first transaction that is to be counted. */
  register(): Promise<void>;
  /**
   * Counts, wakes others, writes the events, commits. The events come last, under a lock of all writers: whoever
   * reads them by their ids misses none.
   */
  commit(session: Session, events: readonly Params[]): Promise<void>;
  /** A number that changes with each commit of another process. */
  others(): Promise<number>;
}

/** Rows of `writers` that were not used for so long are of processes that are gone, ms. */
const forgetWritersAfter = 7 * 86_400_000;
/** Rows in one INSERT at most. */
const rowsAtOnce = 500;

export function createLedger(sessions: Sessions, { patiently }: Patience): Ledger {
  const writer = uuidv7();
  let registered = false;
  let seq = 0;

  return {
    writer,
    async register() {
      if (registered) return;
      await sessions.with(insertWriter);
      registered = true;
    },
    async commit(session, events) {
      seq += 1;
      const count = seq;
      await countUp(session, count);
      for (let at = 0; at < events.length; at += rowsAtOnce) {
        await session.insert(insertEvent, events.slice(at, at + rowsAtOnce));
      }
      try {
        const word = await session.say('COMMIT');
        if (word !== 'COMMIT') throw conflict(`the transaction ended with ${word}`);
      } catch (error) {
        if (!(await didHappen(count))) throw error;
      }
    },
    others: () => patiently(() => sessions.with(countOthers)),
  };

  async function countUp(session: Session, count: number): Promise<void> {
    const counted = await session.query(
      `UPDATE writers SET seq = $2, used_at = ${epochMs} WHERE uid = $1
       RETURNING pg_notify('${channel}', uid), pg_advisory_xact_lock(hashtextextended('${channel} events', 0))`,
      [writer, count],
    );
    if (counted.length > 0) return;
    registered = false;
    throw conflict('this writer was forgotten');
  }

  /** Throws `StoreFailure` when nothing tells any more: this process slept for so long that its row was removed. */
  function didHappen(count: number): Promise<boolean> {
    return patiently(() =>
      sessions.with(async (session) => {
        const rows = await session.query<{ seq: number }>('SELECT seq FROM writers WHERE uid = $1 FOR UPDATE', [
          writer,
        ]);
        if (rows[0]) return rows[0].seq >= count;
        throw new StoreFailure('it is not known whether the last change was stored: look before you repeat it');
      }),
    );
  }

  async function countOthers(session: Session): Promise<number> {
    const [row] = await session.query<{ seq: number }>(countOfOthers, [writer]);
    return row?.seq ?? 0;
  }

  async function insertWriter(session: Session): Promise<void> {
    await session.query(`DELETE FROM writers WHERE used_at < ${epochMs} - $1`, [forgetWritersAfter]);
    await session.query(
      `INSERT INTO writers (uid, seq, used_at) VALUES ($1, $2, ${epochMs}) ON CONFLICT (uid) DO NOTHING`,
      [writer, seq],
    );
  }
}
