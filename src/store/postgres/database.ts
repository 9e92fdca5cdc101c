import type { Database, Work } from '../database.ts';
import { createBatches, type Settle } from './batches.ts';
import type { Ledger } from './ledger.ts';
import type { Patience } from './patience.ts';
import type { Sessions } from './session.ts';
import { readOne, settleAll } from './works.ts';

export interface ServerDatabase extends Database {
  /** Calls back after each own transaction that changed something. */
  onWrite(listener: () => void): () => void;
}

/**
 * Runs the store's operations on PostgreSQL. Reads see one moment; works that write and come at the same time share
 * one transaction.
 */
export function serverDatabase(sessions: Sessions, ledger: Ledger, patience: Patience): ServerDatabase {
  const { patiently, failureOf } = patience;
  const listeners = new Set<() => void>();
  return {
    read: (work) => patiently(() => sessions.with((session) => readOne(session, work))),
    write: createBatches((works) => patiently(() => writeAll(works))),
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  async function writeAll(works: readonly (() => Work<unknown>)[]): Promise<readonly Settle[]> {
    await ledger.register();
    const { settled, changed } = await sessions.with(async (session) => {
      await session.begin();
      const ends = await settleAll(session, works);
      const changed = session.wrote || ends.events.length > 0;
      if (changed) await ledger.commit(session, ends.events);
      else await session.say('COMMIT');
      return { settled: ends.settled, changed };
    });
    if (changed) for (const listener of [...listeners]) listener();
    return settled.map((end) => ('error' in end ? { error: failureOf(end.error) } : end));
  }
}
