import type { Download } from '../downloads/download.ts';
import { isUnfinished } from '../downloads/states.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

/** How often those are looked at that no event will tell of (their instance died, an hour began), ms. */
const lookEvery = 1000;

interface Waiter {
  readonly wait: number;
  resolve(download: Download | undefined): void;
  reject(reason: unknown): void;
}

/**
 * Waits for downloads to come to an end. One look for all of them: at each event of a download that
 * somebody waits for, and once a second at those that another process holds.
 */
export function createSettling(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly instance: string;
  /** The moment until which nothing may be fetched; undefined when it may be now. */
  closedUntil(now: number): number | undefined;
  /** Called for a row that is not ours: takes it over when its holder has died. */
  tend(download: Download): Promise<void>;
}) {
  const { store, clock } = parts;
  const waiters = new Map<number, Set<Waiter>>();
  const foreign = new Set<number>();
  let wasClosed = false;
  let cancel: (() => void) | undefined;

  return {
    /** After an event of this download. */
    look(id: number): void {
      if (waiters.has(id)) void check(id);
    },
    wait(id: number, options: { readonly wait: number; readonly signal?: AbortSignal }): Promise<Download | undefined> {
      const { promise, resolve, reject } = Promise.withResolvers<Download | undefined>();
      const waiter: Waiter = { wait: options.wait, resolve, reject };
      const own = waiters.get(id) ?? new Set();
      waiters.set(id, own.add(waiter));
      const onAbort = () => reject(options.signal?.reason);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted) onAbort();
      cancel ??= clock.every(lookEvery, () => {
        const isClosed = parts.closedUntil(clock.now()) !== undefined;
        for (const each of isClosed === wasClosed ? foreign : waiters.keys()) void check(each);
        wasClosed = isClosed;
      });
      void check(id);
      return promise.finally(() => {
        options.signal?.removeEventListener('abort', onAbort);
        own.delete(waiter);
        if (own.size === 0 && waiters.get(id) === own) waiters.delete(id);
        if (own.size === 0) foreign.delete(id);
      });
    },
    stop(): void {
      cancel?.();
      for (const own of waiters.values()) for (const waiter of own) waiter.reject(new Error('closed'));
    },
  };

  async function check(id: number): Promise<void> {
    const own = waiters.get(id);
    if (!own) return;
    try {
      const row = await store.get(id);
      for (const waiter of own)
        if (isSettled(row, waiter.wait, clock.now(), parts.closedUntil(clock.now()))) waiter.resolve(row);
      const isForeign = row !== undefined && row.lockedBy !== parts.instance && row.runner !== parts.instance;
      if (isForeign) foreign.add(id);
      else foreign.delete(id);
      if (isForeign) await parts.tend(row);
    } catch (error) {
      for (const waiter of own) waiter.reject(error);
    }
  }
}

function isSettled(row: Download | undefined, wait: number, now: number, closedUntil: number | undefined): boolean {
  if (!row || !isUnfinished(row.status) || row.status === 'paused') return true;
  const next = Math.max(row.nextAttemptAt ?? now, row.downloadPath === null ? (closedUntil ?? now) : now);
  return (row.status === 'retrying' || row.status === 'pending') && next - now > wait;
}
