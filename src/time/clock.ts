import { setTimeout as sleepFor } from 'node:timers/promises';

/** The only source of time. Tests hand in one they move by hand. */
export interface Clock {
  /** Wall time, UTC epoch ms. May jump. */
  now(): number;
  /** Ms since a fixed moment, the same in all threads; never jumps back, may stand still in suspend. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` every `ms` until the returned function is called. Does not keep the process alive. */
  every(ms: number, run: () => void): () => void;
  /** Calls `run` once after `ms`, unless the returned function is called first. */
  after(ms: number, run: () => void): () => void;
}

/** Longest wait of a platform timer, ms; a longer sleep is cut to it and the caller looks again. */
const longestTimer = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(), which begins anew in each thread.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    sleepFor(Math.min(ms, longestTimer), undefined, signal ? { signal } : {}).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    }),
  every(ms, run) {
    const timer = setInterval(run, Math.min(ms, longestTimer));
    timer.unref();
    return () => clearInterval(timer);
  },
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, longestTimer));
    return () => clearTimeout(timer);
  },
};
