import { Failure } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Wire } from './wire.ts';

/** What a request carries, made anew for each time that it is sent. */
export interface RequestBody {
  /** Bytes; exactly as many are sent. */
  readonly length: number;
  /**
   * The next bytes, at most `most`; undefined at the end. What was given stays as it is until the call after the next
   * one: one portion is read while the one before is sent. What it throws ends the connection and comes back.
   */
  next(most: number): Promise<Uint8Array | undefined>;
}

export interface SendOptions {
  readonly clock: Clock;
  /** Longest silence in which the other side takes nothing, ms. */
  readonly idleTimeout: number;
  /** Told how many bytes the kernel has taken so far. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Each has to allow the bytes; several sendings may share one. */
  readonly buckets?: readonly RateLimit[] | undefined;
}

const leastPortion = 16 * 1024;
const firstPortion = 64 * 1024;
const mostPortion = 1 << 20;
/** A portion that took so long, ms, is followed by a smaller one, or by a larger one. */
const slowPortion = 250;
const fastPortion = 25;

/** A limit of bytes/s that several sendings keep together. */
export class RateLimit {
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  /** The largest portion with which the rate stays even, bytes. */
  readonly portion: number;

  constructor(rate: number, clock: Clock) {
    this.#bucket = new TokenBucket(rate, clock.monotonic());
    this.#clock = clock;
    this.portion = Math.max(1, Math.min(mostPortion, Math.floor(rate / 20)));
  }

  /** Takes `bytes` and waits until the next ones may be sent. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    const wait = this.#bucket.spend(bytes, this.#clock.monotonic());
    if (wait > 0) await this.#clock.sleep(wait, signal);
  }
}

/**
 * Sends a body, in portions whose size follows the speed of the wire, so that silence is told from slowness. Resolves
 * when the kernel has taken the last byte. Throws `Failure('network')` when the other side takes nothing for too long,
 * what `body.next` throws, or the signal's reason. The caller destroys the wire then.
 */
export async function sendBody(
  wire: Wire,
  body: RequestBody,
  { clock, idleTimeout, onSent, buckets = [] }: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  const most = Math.min(mostPortion, ...buckets.map((bucket) => bucket.portion));
  let portion = Math.min(firstPortion, most);
  let sent = 0;
  let next = ahead(body, portion);
  while (sent < body.length) {
    const bytes = await next;
    if (!bytes || sent + bytes.length > body.length) throw new RangeError('a body is not as long as it said');
    for (const bucket of buckets) await bucket.spend(bytes.length, signal);
    signal.throwIfAborted();
    const began = clock.monotonic();
    const taken = taking(wire, bytes, clock, idleTimeout);
    next = ahead(body, portion);
    await taken;
    sent += bytes.length;
    onSent?.(sent);
    const took = clock.monotonic() - began;
    portion = Math.min(most, nextPortion(portion, took));
  }
}

/** Larger after a fast one, smaller after a slow one. */
function nextPortion(portion: number, took: number): number {
  if (took > slowPortion) return Math.max(leastPortion, portion >> 1);
  return took < fastPortion ? portion << 1 : portion;
}

/** What it rejects with is heard when it is awaited. */
function ahead(body: RequestBody, most: number): Promise<Uint8Array | undefined> {
  const next = body.next(most);
  next.catch(() => {});
  return next;
}

async function taking(wire: Wire, bytes: Uint8Array, clock: Clock, idleTimeout: number): Promise<void> {
  const silent = Promise.withResolvers<never>();
  const cancel = clock.after(idleTimeout, () =>
    silent.reject(new Failure('network', `${wire.place} has taken nothing for ${idleTimeout / 1000} s`)),
  );
  try {
    const written = wire.write(bytes);
    written.catch(() => {});
    await Promise.race([written, silent.promise]);
  } finally {
    cancel();
  }
}

/** A text, as UTF-8. */
export function textBody(text: string): RequestBody {
  const bytes = Buffer.from(text, 'utf8');
  let at = 0;
  return {
    length: bytes.length,
    async next(most) {
      if (at >= bytes.length) return undefined;
      const piece = bytes.subarray(at, at + most);
      at += piece.length;
      return piece;
    },
  };
}
