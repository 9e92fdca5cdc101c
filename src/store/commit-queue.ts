import { NotPossible, StoreFailure } from './store.ts';

/** So many works share a commit at most: none of them waits long for the others. */
const mostInOneCommit = 256;

interface Waiting {
  readonly work: () => unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface CommitQueueParts {
  /** Runs it in a transaction of its own and waits for locks; may run it again from the start. Throws what it threw. */
  commit<T>(run: () => T): Promise<T>;
  /** Runs it inside the open transaction; what it throws undoes only what it wrote. */
  apart<T>(run: () => T): T;
}

/**
 * Lets works that come at the same time share one commit, and so one sync of the disk: with many
 * downloads at once this is the difference between a few dozen and a few thousand a second. Each work is
 * all or nothing for itself, and is answered only when it is durable.
 */
export function createCommitQueue({ commit, apart }: CommitQueueParts): <T>(work: () => T) => Promise<T> {
  const waiting: Waiting[] = [];
  let committing = false;

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: (result) => resolve(result as T), reject });
      if (committing) return;
      committing = true;
      setImmediate(() => void commitAll());
    });

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostInOneCommit);
      if (batch.length === 1 || !(await commitTogether(batch))) for (const each of batch) await commitAlone(each);
      // Who is answered may ask for more at once: others have their turn in between.
      await new Promise(setImmediate);
    }
    committing = false;
  }

  /** False when something went wrong that is not plainly one work's own: then nothing was done. */
  async function commitTogether(batch: readonly Waiting[]): Promise<boolean> {
    try {
      const answers = await commit(() => batch.map((each) => answerOf(each)));
      for (const answer of answers) answer();
      return true;
    } catch (error) {
      if (!(error instanceof StoreFailure)) return false;
      for (const each of batch) each.reject(error);
      return true;
    }
  }

  function answerOf({ work, resolve, reject }: Waiting): () => void {
    try {
      const result = apart(work);
      return () => resolve(result);
    } catch (error) {
      if (!(error instanceof NotPossible)) throw error;
      return () => reject(error);
    }
  }

  async function commitAlone({ work, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await commit(work));
    } catch (error) {
      reject(error);
    }
  }
}
