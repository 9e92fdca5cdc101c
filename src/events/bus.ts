import type { Log } from '../log/log.ts';

/** After so many failures in a row a listener is dropped: it would only fill the log. */
const mostFailures = 10;

/** Tells listeners in the order they came; one that throws never stops the work or the others. */
export interface Bus<T> {
  /** Returns the unsubscriber; safe to call twice. */
  listen(listener: (message: T) => void | Promise<void>): () => void;
  tell(message: T): void;
  /** True when nobody listens: the teller may save itself the work. */
  readonly idle: boolean;
}

export function createBus<T>(log: Log): Bus<T> {
  const failures = new Map<(message: T) => void | Promise<void>, number>();
  const failed = (listener: (message: T) => void | Promise<void>, error: unknown) => {
    const count = (failures.get(listener) ?? 0) + 1;
    if (!failures.has(listener)) return;
    log.warn({ error, count }, 'a listener failed');
    if (count >= mostFailures) failures.delete(listener);
    else failures.set(listener, count);
  };
  return {
    listen(listener) {
      failures.set(listener, 0);
      return () => failures.delete(listener);
    },
    tell(message) {
      for (const listener of [...failures.keys()]) {
        try {
          const answer = listener(message);
          if (answer instanceof Promise)
            answer.then(
              () => reset(failures, listener),
              (error) => failed(listener, error),
            );
          else reset(failures, listener);
        } catch (error) {
          failed(listener, error);
        }
      }
    },
    get idle() {
      return failures.size === 0;
    },
  };
}

function reset<K>(failures: Map<K, number>, listener: K): void {
  if (failures.get(listener)) failures.set(listener, 0);
}
