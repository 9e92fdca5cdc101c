import type { Work } from '../database.ts';

/** So many works share a transaction at most: none of them waits long for the others. */
const mostInOne = 128;

/** How one work of a batch ended. */
export type Settle = { readonly value: unknown } | { readonly error: unknown };

interface Waiting {
  readonly work: () => Work<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Lets works that come at the same time share one transaction: over a network this is the difference between dozens
 * and thousands a second. `commit` tells how each ended; what it throws, all of them throw.
 */
export function createBatches(
  commit: (batch: readonly (() => Work<unknown>)[]) => Promise<readonly Settle[]>,
): <T>(work: () => Work<T>) => Promise<T> {
  const waiting: Waiting[] = [];
  let committing = false;

  return <T>(work: () => Work<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: (value) => resolve(value as T), reject });
      if (committing) return;
      committing = true;
      setImmediate(() => void commitAll());
    });

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) await settle(waiting.splice(0, mostInOne));
    committing = false;
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const settled = await commit(batch.map(({ work }) => work));
      for (const [n, each] of batch.entries()) {
        const end = settled[n];
        if (end && 'value' in end) each.resolve(end.value);
        else each.reject(end?.error);
      }
    } catch (error) {
      for (const each of batch) each.reject(error);
    }
  }
}
