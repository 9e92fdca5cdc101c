import type { Failure } from '../../downloads/failure.ts';
import type { BodySink, Exchange } from '../../net/exchange.ts';
import type { Clock } from '../../time/clock.ts';
import { Pace, type PaceLimits } from './pace.ts';
import { TokenBucket } from './token-bucket.ts';

/** The part of a second that one portion may carry under a rate limit, and its least size in bytes. */
const portion = 0.05;
const leastPortion = 4096;

/** A transfer's rate limit; changes while it runs. */
export class RateLimit {
  readonly #clock: Clock;
  #rate = 0;
  #bucket: TokenBucket | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes/s; 0 is no limit. */
  set(rate: number): void {
    this.#rate = Math.max(0, rate);
    this.#bucket = this.#rate > 0 ? new TokenBucket(this.#rate, this.#clock.monotonic()) : undefined;
  }

  /** Ms to wait after these bytes. */
  spend(bytes: number): number {
    return this.#bucket ? this.#bucket.spend(bytes, this.#clock.monotonic()) : 0;
  }

  /** The largest portion to read at once, bytes; 0: any. */
  get portion(): number {
    return this.#rate === 0 ? 0 : Math.max(leastPortion, Math.floor(this.#rate * portion));
  }

  /** Allowed bytes/s; 0: any. */
  get rate(): number {
    return this.#rate;
  }
}

/** Stands between one answer and its lane: counts what comes, holds it to the rate limit, watches its pace. */
export class Flow implements BodySink {
  readonly #answer: Exchange;
  readonly #sink: BodySink;
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #pace: Pace;
  #received = 0;
  #cancelWait: (() => void) | undefined;

  constructor(answer: Exchange, sink: BodySink, limit: RateLimit, clock: Clock, pace: PaceLimits) {
    this.#answer = answer;
    this.#sink = sink;
    this.#limit = limit;
    this.#clock = clock;
    const slow = limit.rate > 0 ? Math.min(pace.slow, limit.rate / 2) : pace.slow;
    this.#pace = new Pace({ ...pace, slow }, clock.monotonic());
  }

  /** Lets the body flow. */
  start(): void {
    this.#answer.readAtMost(this.#limit.portion);
    this.#answer.read(this);
  }

  /** Tells when the bytes have stopped or come too slowly; a wait for the rate limit is excused. */
  look(): 'fine' | 'idle' | 'slow' {
    const now = this.#clock.monotonic();
    if (!this.#cancelWait) return this.#pace.look(this.#received, now);
    this.#pace.excuse(this.#received, now);
    return 'fine';
  }

  /** The limit has changed. */
  retune(): void {
    this.#answer.readAtMost(this.#limit.portion);
    this.#goOn();
  }

  /** Ends a wait without going on. */
  stop(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  bytes(buffer: Uint8Array, offset: number, length: number): void {
    this.#received += length;
    const wait = this.#limit.spend(length);
    if (wait > 0) this.#pause(wait);
    this.#sink.bytes(buffer, offset, length);
  }

  end(facts: { readonly excess: boolean }): void {
    this.stop();
    this.#sink.end(facts);
  }

  fail(failure: Failure): void {
    this.stop();
    this.#sink.fail(failure);
  }

  #pause(wait: number): void {
    this.#cancelWait?.();
    this.#answer.pause();
    this.#cancelWait = this.#clock.after(wait, () => this.#goOn());
  }

  #goOn(): void {
    if (!this.#cancelWait) return;
    this.stop();
    this.#answer.resume();
  }
}
