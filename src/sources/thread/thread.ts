import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import { answerFrom, failureFrom, type Order, type Word } from './messages.ts';

/**
 * A thread whose pulse stands still over so many looks hangs (a disk that does not answer). Looks and
 * not time: a process that was stopped and continued finds much time gone by and nothing wrong.
 */
const looksUntilHung = 6;
const lookEvery = 5000;

/** What is needed of a `worker_threads.Worker`. */
export interface ThreadWorker {
  on(event: 'message', listener: (word: Word) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  postMessage(order: Order): void;
  terminate(): Promise<unknown>;
  unref(): void;
  ref(): void;
}

export interface Thread {
  readonly alive: boolean;
  /** Sends what is answered; rejects with a `Failure` when the thread dies first. */
  call(order: (id: number) => Order): { readonly id: number; readonly answer: Promise<unknown> };
  /** Sends what needs no answer; nothing happens when the thread is dead. */
  send(order: Order): void;
  onNote(transfer: number, listener: (note: string) => void): void;
  forget(transfer: number): void;
  /** Lets it end in order, then makes sure. Safe to call twice. */
  end(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

/** One thread with its open calls; `onGone` is called once when it cannot be used any more. */
export function startThread(
  parts: { readonly clock: Clock; readonly log: Log; startWorker(pulse: SharedArrayBuffer): ThreadWorker },
  onGone: () => void,
): Thread {
  const pulse = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const worker = parts.startWorker(pulse);
  const waiting = new Map<number, Waiting>();
  const notes = new Map<number, (note: string) => void>();
  let gone: Failure | undefined;
  let last = 0;

  /** The process may end while a thread idles, and may not while somebody waits for it. */
  const keepAlive = () => (waiting.size > 0 ? worker.ref() : worker.unref());
  const stopWatching = watchPulse(pulse, parts.clock, () => {
    const retry = { when: 'later', reason: 'backoff' } as const;
    isGone(new Failure('disk', 'the disk does not answer; it is tried again', { retry }));
    void worker.terminate();
  });
  worker.unref();
  worker.on('message', heard);
  worker.on('error', (error) =>
    isGone(new Failure('network', 'the transfer thread broke down; it is tried again', { cause: error })),
  );
  worker.on('exit', () => isGone(new Failure('network', 'the transfer thread ended; it is tried again')));

  return {
    get alive() {
      return gone === undefined;
    },
    call(order) {
      last += 1;
      const id = last;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      if (gone) reject(gone);
      else {
        waiting.set(id, { resolve, reject });
        keepAlive();
        worker.postMessage(order(id));
      }
      return { id, answer: promise };
    },
    send(order) {
      if (!gone) worker.postMessage(order);
    },
    onNote: (transfer, listener) => void notes.set(transfer, listener),
    forget: (transfer) => void notes.delete(transfer),
    async end() {
      if (!gone) await this.call((call) => ({ order: 'end', call })).answer.catch(() => {});
      isGone(new Failure('network', 'the transfer thread was ended'), 'debug');
      await worker.terminate();
    },
  };

  function heard(word: Word): void {
    if (word.word === 'note') {
      notes.get(word.transfer)?.(word.note);
      return;
    }
    if (word.word === 'log') {
      parts.log.room(word.room)[word.level](word.facts, word.message);
      return;
    }
    const call = waiting.get(word.call);
    waiting.delete(word.call);
    keepAlive();
    if (word.word === 'answer') call?.resolve(answerFrom(word.value));
    else call?.reject(failureFrom(word.failure));
  }

  function isGone(failure: Failure, level: 'warn' | 'debug' = 'warn'): void {
    if (gone) return;
    gone = failure;
    stopWatching();
    if (waiting.size > 0) parts.log[level]({ calls: waiting.size, error: failure }, 'a transfer thread is gone');
    for (const call of waiting.values()) call.reject(failure);
    waiting.clear();
    notes.clear();
    onGone();
  }
}

/** Calls back, once, when the pulse has stood still for too long. */
function watchPulse(pulse: SharedArrayBuffer, clock: Clock, isHung: () => void): () => void {
  const beats = new Int32Array(pulse);
  let seen = -1;
  let looks = 0;
  return clock.every(lookEvery, () => {
    const beat = Atomics.load(beats, 0);
    looks = beat === seen ? looks + 1 : 0;
    seen = beat;
    if (looks === looksUntilHung) isHung();
  });
}
