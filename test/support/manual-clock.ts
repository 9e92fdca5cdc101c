import type { Clock } from '../../src/time/clock.ts';

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves on by `ms`. Timers that come due run in the order of their moments, each with the time it
   * asked for; what they set off runs before the next one, and may set further timers within the span.
   */
  advance(ms: number): Promise<void>;
  /** The wall clock alone jumps, back or forth: someone set it. No timer runs. */
  setWall(now: number): void;
  /** The machine sleeps: wall time goes on, the monotonic clock and all timers stand still. */
  suspend(ms: number): void;
  /** Timers and sleeps that wait now. */
  readonly waiting: number;
  /** Resolves as soon as at least `count` timers and sleeps wait. */
  untilWaiting(count?: number): Promise<void>;
}

interface Timer {
  at: number;
  readonly run: () => void;
  /** Ms between runs; undefined: runs once. */
  readonly every?: number;
}

/** `start`: wall time at the beginning, epoch ms. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let wall = start;
  let monotonic = 0;
  const timers = new Set<Timer>();
  let watchers: { readonly count: number; readonly tell: () => void }[] = [];

  function add(timer: Timer): () => void {
    timers.add(timer);
    const told = watchers.filter(({ count }) => count <= timers.size);
    watchers = watchers.filter((watcher) => !told.includes(watcher));
    for (const { tell } of told) tell();
    return () => timers.delete(timer);
  }

  function moveTo(moment: number): void {
    const step = Math.max(0, moment - monotonic);
    wall += step;
    monotonic += step;
  }

  function nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }

  async function advance(ms: number): Promise<void> {
    const end = monotonic + ms;
    await settle();
    for (let timer = nextDue(end); timer !== undefined; timer = nextDue(end)) {
      moveTo(timer.at);
      if (timer.every === undefined) timers.delete(timer);
      else timer.at += timer.every;
      timer.run();
      await settle();
    }
    moveTo(end);
    await settle();
  }

  return {
    now: () => wall,
    monotonic: () => monotonic,
    sleep: (ms, signal) => sleeper((run) => add({ at: monotonic + ms, run }), signal),
    every: (ms, run) => add({ at: monotonic + ms, run, every: Math.max(1, ms) }),
    after: (ms, run) => add({ at: monotonic + ms, run }),
    advance,
    setWall(now) {
      wall = now;
    },
    suspend(ms) {
      wall += ms;
    },
    get waiting() {
      return timers.size;
    },
    untilWaiting(count = 1) {
      if (timers.size >= count) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      watchers.push({ count, tell: resolve });
      return promise;
    },
  };
}

/** Resolves when the timer that `start` sets runs; an abort takes the timer away and rejects. */
function sleeper(start: (run: () => void) => () => void, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => {
    cancel();
    reject(signal?.reason);
  };
  const cancel = start(() => {
    signal?.removeEventListener('abort', abort);
    resolve();
  });
  signal?.addEventListener('abort', abort, { once: true });
  return promise;
}

/** Lets everything run that waits for no timer of this clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}
