import type { Log } from '../log/log.ts';

export interface WakeParts {
  /** Begins to tell of own changes; returns how to end it. */
  own(tell: () => void): () => void;
  /** The same for changes by other processes; left out where nobody else can write. */
  others?(tell: () => void): () => void;
  readonly log: Log;
}

export interface Wake {
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Tells of changes of the store. Watches only while somebody listens. Changes that come together are told once. */
export function createWake({ own, others, log }: WakeParts): Wake {
  const listeners = new Set<() => void>();
  let telling = false;
  let stopOwn: (() => void) | undefined;
  let stopOthers: (() => void) | undefined;

  return {
    onChange(listener) {
      const entry = () => listener();
      listeners.add(entry);
      stopOwn ??= own(tell);
      stopOthers ??= others?.(tell);
      return () => {
        listeners.delete(entry);
        if (listeners.size === 0) stop();
      };
    },
    close() {
      listeners.clear();
      stop();
    },
  };

  function stop(): void {
    stopOwn?.();
    stopOthers?.();
    stopOwn = stopOthers = undefined;
  }

  function tell(): void {
    if (telling) return;
    telling = true;
    queueMicrotask(() => {
      telling = false;
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch (error) {
          log.error({ error }, 'a listener to changes of the store failed');
        }
      }
    });
  }
}
