import type { Failure } from '../../downloads/failure.ts';
import type { BodySink, Exchange } from '../../net/exchange.ts';
import { TokenBucket } from '../../net/token-bucket.ts';
import type { Clock } from '../../time/clock.ts';
import { Pace, type PaceLimits } from './pace.ts';

/** The part of a second that one portion may carry under a rate limit, and its least size in bytes. */
const portion = 0.05;
const leastPortion = 4096;

/** A transfer's rate limit, shared by all its flows; changes while they run. */
export class RateLimit {
  readonly #clock: Clock;
  #rate = 0;
  #bucket: TokenBucket | undefined;
  #flows = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes/s; 0 is no limit. */
  set(rate: number): void {
    const now = this.#clock.monotonic();
    this.#rate = Math.max(0, rate);
    if (this.#rate === 0) this.#bucket = undefined;
    else if (this.#bucket) this.#bucket.set(this.#rate, now);
    else this.#bucket = new TokenBucket(this.#rate, now);
  }

  /** One more flow shares it, until the returned function is called. */
  join(): () => void {
    this.#flows += 1;
    let joined = true;
    return () => {
      if (joined) this.#flows -= 1;
      joined = false;
    };
  }

  /** Ms to wait after these bytes. */
  spend(bytes: number): number {
    return this.#bucket ? this.#bucket.spend(bytes, this.#clock.monotonic()) : 0;
  }

  /** The largest portion that each flow reads at once, bytes; 0: any. */
  get portion(): number {
    const share = (this.#rate * portion) / Math.max(1, this.#flows);
    return this.#rate === 0 ? 0 : Math.max(leastPortion, Math.floor(share));
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
  #leave: (() => void) | undefined;

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
    this.#leave = this.#limit.join();
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

  /** Ends a wait without going on, and leaves the limit to the others. */
  stop(): void {
    this.#endWait();
    this.#leave?.();
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
    this.#endWait();
    this.#answer.pause();
    this.#cancelWait = this.#clock.after(wait, () => this.#goOn());
  }

  #goOn(): void {
    if (!this.#cancelWait) return;
    this.#endWait();
    this.#answer.readAtMost(this.#limit.portion);
    this.#answer.resume();
  }

  #endWait(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}
