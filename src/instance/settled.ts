import type { Download } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
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
  /** Was seen to be run by this instance. */
  const own = new Set<number>();
  let wasClosed = false;
  let cancel: (() => void) | undefined;

  return {
    /** After an event. One of a download that is this instance's own says itself whether it may be an end. */
    look(event: Pick<DownloadEvent, 'downloadId' | 'kind' | 'to'>): void {
      const { downloadId: id } = event;
      if (waiters.has(id) && (!own.has(id) || mayEnd(event))) void check(id);
    },
    wait(id: number, options: { readonly wait: number; readonly signal?: AbortSignal }): Promise<Download | undefined> {
      const { promise, resolve, reject } = Promise.withResolvers<Download | undefined>();
      const waiter: Waiter = { wait: options.wait, resolve, reject };
      const others = waiters.get(id) ?? new Set();
      waiters.set(id, others.add(waiter));
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
        others.delete(waiter);
        if (others.size > 0) return;
        if (waiters.get(id) === others) waiters.delete(id);
        foreign.delete(id);
        own.delete(id);
      });
    },
    stop(): void {
      cancel?.();
      for (const each of waiters.values()) for (const waiter of each) waiter.reject(new Error('closed'));
    },
  };

  async function check(id: number): Promise<void> {
    const waiting = waiters.get(id);
    if (!waiting) return;
    try {
      const row = await store.get(id);
      for (const waiter of waiting)
        if (isSettled(row, waiter.wait, clock.now(), parts.closedUntil(clock.now()))) waiter.resolve(row);
      const isForeign = row !== undefined && row.lockedBy !== parts.instance && row.runner !== parts.instance;
      if (row && !isForeign) own.add(id);
      else own.delete(id);
      if (isForeign) foreign.add(id);
      else foreign.delete(id);
      if (isForeign) await parts.tend(row);
    } catch (error) {
      for (const waiter of waiting) waiter.reject(error);
    }
  }
}

/** What plainly goes on after the event is at no end, nor does it wait. */
function mayEnd({ kind, to }: Pick<DownloadEvent, 'kind' | 'to'>): boolean {
  return kind !== 'resolved' && to !== 'downloading' && to !== 'processing';
}

function isSettled(row: Download | undefined, wait: number, now: number, closedUntil: number | undefined): boolean {
  if (!row || !isUnfinished(row.status) || row.status === 'paused') return true;
  const next = Math.max(row.nextAttemptAt ?? now, row.downloadPath === null ? (closedUntil ?? now) : now);
  return (row.status === 'retrying' || row.status === 'pending') && next - now > wait;
}
