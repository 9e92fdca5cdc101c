import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';

/** After so many failures in a row a listener is dropped: it would only fill the log. */
const mostFailures = 10;
/** A listener that has not come back after this time has failed once, and once more after each further such time, ms. */
const patience = 10_000;

export type Listener<T> = (message: T) => unknown;

/**
 * Tells the newest state of things to listeners. One that throws, rejects or hangs stops neither the work nor the
 * others: it is logged, and dropped after ten failures in a row. Each hears of one thing at most once per `every`,
 * always the newest, and **always the last**; while it is still busy with one message it gets no other.
 */
export interface Listeners<T> {
  /** `every`: ms between two messages about the same thing; left out: all. Returns the unsubscriber, safe to call twice. */
  listen(listener: Listener<T>, options?: { readonly every?: number }): () => void;
  tell(message: T): void;
  /** True when nobody listens: the teller may save itself the work. */
  readonly idle: boolean;
  /** Nobody is told anything any more, and nothing keeps the process alive. */
  close(): void;
}

export interface ListenersParts<T> {
  readonly clock: Clock;
  readonly log: Log;
  /** Of which thing the message tells the state. */
  keyOf(message: T): unknown;
  /** No other message about this thing will follow: it waits for no interval. */
  isLast(message: T): boolean;
}

export function createListeners<T>(parts: ListenersParts<T>): Listeners<T> {
  const all = new Map<Listener<T>, PacedListener<T>>();
  return {
    listen(listener, { every = 0 } = {}) {
      all.get(listener)?.stop();
      const paced = new PacedListener(parts, listener, every, () => all.delete(listener));
      all.set(listener, paced);
      return () => {
        if (all.get(listener) === paced) all.delete(listener);
        paced.stop();
      };
    },
    tell(message) {
      for (const paced of [...all.values()]) paced.offer(message);
    },
    get idle() {
      return all.size === 0;
    },
    close() {
      for (const paced of all.values()) paced.stop();
      all.clear();
    },
  };
}

/** What one listener still has to hear of one thing. */
interface Pace<T> {
  /** Monotonic ms; undefined: it heard nothing yet. */
  toldAt: number | undefined;
  waiting: { readonly message: T } | undefined;
  cancel: (() => void) | undefined;
}

/** One listener, its interval and its failures. */
class PacedListener<T> {
  readonly #parts: ListenersParts<T>;
  readonly #listener: Listener<T>;
  readonly #every: number;
  readonly #drop: () => void;
  readonly #paces = new Map<unknown, Pace<T>>();
  #busy = false;
  #failures = 0;
  #stopped = false;
  #stopWatch: (() => void) | undefined;

  constructor(parts: ListenersParts<T>, listener: Listener<T>, every: number, drop: () => void) {
    this.#parts = parts;
    this.#listener = listener;
    this.#every = every;
    this.#drop = drop;
  }

  offer(message: T): void {
    if (this.#stopped) return;
    const key = this.#parts.keyOf(message);
    const pace = this.#paces.get(key) ?? { toldAt: undefined, waiting: undefined, cancel: undefined };
    this.#paces.set(key, pace);
    pace.waiting = { message };
    this.#tellWhenDue(key, pace);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopWatch?.();
    for (const { cancel } of this.#paces.values()) cancel?.();
    this.#paces.clear();
  }

  #tellWhenDue(key: unknown, pace: Pace<T>): void {
    if (!pace.waiting || this.#busy) return;
    const { message } = pace.waiting;
    const now = this.#parts.clock.monotonic();
    const due = pace.toldAt === undefined ? now : pace.toldAt + this.#every;
    const isLast = this.#parts.isLast(message);
    if (!isLast && due > now) {
      pace.cancel ??= this.#parts.clock.after(due - now, () => {
        pace.cancel = undefined;
        this.#tellWhenDue(key, pace);
      });
      return;
    }
    pace.cancel?.();
    pace.cancel = undefined;
    pace.waiting = undefined;
    pace.toldAt = now;
    if (isLast) this.#forgetLater(key, pace);
    this.#call(message);
  }

  /** What may yet be told of it keeps to the interval, too. */
  #forgetLater(key: unknown, pace: Pace<T>): void {
    if (this.#every === 0) {
      this.#paces.delete(key);
      return;
    }
    pace.cancel = this.#parts.clock.after(this.#every, () => {
      pace.cancel = undefined;
      if (pace.waiting) this.#tellWhenDue(key, pace);
      else this.#paces.delete(key);
    });
  }

  #call(message: T): void {
    this.#busy = true;
    try {
      const answer = this.#listener(message);
      if (answer instanceof Promise) this.#watch(answer);
      else this.#settled();
    } catch (error) {
      this.#settled(error ?? new Error('thrown'));
    }
  }

  #watch(answer: Promise<unknown>): void {
    this.#stopWatch = this.#parts.clock.every(patience, () => this.#failed(new Error('it does not come back')));
    answer.then(
      () => this.#settled(),
      (error: unknown) => this.#settled(error ?? new Error('rejected')),
    );
  }

  #settled(error?: unknown): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
    this.#busy = false;
    if (this.#stopped) return;
    if (error === undefined) this.#failures = 0;
    else this.#failed(error);
    if (![...this.#paces.values()].some(({ waiting, cancel }) => waiting && !cancel)) return;
    // Later: a listener that sets off its own next message must not go round without end.
    this.#parts.clock.after(0, () => {
      for (const [key, pace] of [...this.#paces]) this.#tellWhenDue(key, pace);
    });
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.#parts.log.warn({ error, count: this.#failures }, 'a listener of progress failed');
    if (this.#failures < mostFailures) return;
    this.#parts.log.error({ count: this.#failures }, 'a listener of progress is not told any more');
    this.#drop();
    this.stop();
  }
}
