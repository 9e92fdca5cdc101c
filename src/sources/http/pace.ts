export interface PaceLimits {
  /** Longest silence, ms. */
  readonly idle: number;
  /** Bytes/s below which a connection is too slow; 0: never. */
  readonly slow: number;
  /** … for this long, ms. */
  readonly slowTime: number;
}

/** Watches one connection: looked at now and then, it tells when the bytes have stopped or come too slowly. */
export class Pace {
  readonly #limits: PaceLimits;
  #lastBytes = 0;
  #lastAt: number;
  #windowBytes = 0;
  #windowAt: number;

  /** `now`: monotonic ms. */
  constructor(limits: PaceLimits, now: number) {
    this.#limits = limits;
    this.#lastAt = now;
    this.#windowAt = now;
  }

  /** `bytes`: all that have arrived so far. */
  look(bytes: number, now: number): 'fine' | 'idle' | 'slow' {
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#lastAt = now;
    } else if (now - this.#lastAt >= this.#limits.idle) {
      return 'idle';
    }
    const span = now - this.#windowAt;
    if (span < this.#limits.slowTime) return 'fine';
    const enough = bytes - this.#windowBytes >= (this.#limits.slow * span) / 1000;
    this.#windowBytes = bytes;
    this.#windowAt = now;
    return enough ? 'fine' : 'slow';
  }

  /** A wait of our own making does not count. */
  excuse(bytes: number, now: number): void {
    this.#lastBytes = bytes;
    this.#lastAt = now;
    this.#windowBytes = bytes;
    this.#windowAt = now;
  }
}
