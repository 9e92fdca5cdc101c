/** Part of a second for which unused allowance is saved up. */
const burst = 0.1;

/** A rate limit in bytes/s that is spent after the fact: who has overdrawn waits. Pure but for its own count. */
export class TokenBucket {
  #rate: number;
  #level = 0;
  #at: number;

  /** `now`: monotonic ms. */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#at = now;
  }

  /** Another rate from now on; what is overdrawn stays overdrawn. */
  set(rate: number, now: number): void {
    this.#fill(now);
    this.#rate = rate;
    this.#level = Math.min(this.#level, rate * burst);
  }

  /** Takes `bytes` and returns how long to wait before the next ones, ms. */
  spend(bytes: number, now: number): number {
    this.#fill(now);
    this.#level -= bytes;
    return this.#level >= 0 ? 0 : (-this.#level / this.#rate) * 1000;
  }

  #fill(now: number): void {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.#rate;
    this.#level = Math.min(this.#level + earned, this.#rate * burst);
    this.#at = now;
  }
}
