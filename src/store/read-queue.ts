import { StoreFailure } from './store.ts';

interface Waiting {
  readonly work: () => unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Lets readings that are asked for in one turn of the loop share one transaction: they see the same state, and the
 * locks are taken once. `transact` runs its work in a reading transaction and waits for locks; it may run it again from
 * the start. A reading that throws spoils no other.
 */
export function createReadQueue(transact: <T>(run: () => T) => Promise<T>): <T>(work: () => T) => Promise<T> {
  let waiting: Waiting[] = [];

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: (result) => resolve(result as T), reject });
      if (waiting.length === 1) queueMicrotask(() => void readAll());
    });

  async function readAll(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const results = await transact(() => batch.map(({ work }) => work()));
      for (const [n, { resolve }] of batch.entries()) resolve(results[n]);
    } catch (error) {
      if (batch.length === 1 || error instanceof StoreFailure) for (const { reject } of batch) reject(error);
      else for (const { work, resolve, reject } of batch) transact(work).then(resolve, reject);
    }
  }
}
