import type { Clock } from '../../time/clock.ts';

/** How long a host that refused gets fewer connections, ms. */
const memory = 600_000;

/**
 * How many connections each host gets, over all transfers. The first of a transfer is always granted
 * (what runs at all is the queue's to decide); extra ones only below the limit, which halves for ten
 * minutes when the host refuses.
 */
export class HostConnections {
  readonly #clock: Clock;
  readonly #limit: (host: string) => number;
  readonly #open = new Map<string, number>();
  readonly #halved = new Map<string, { readonly limit: number; readonly until: number }>();

  /** `limit`: what a host gets that refuses nothing. */
  constructor(clock: Clock, limit: (host: string) => number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Counts a connection in; an extra one is refused (false) when the host has enough. */
  take(host: string, extra: boolean): boolean {
    const open = this.#open.get(host) ?? 0;
    if (extra && open >= this.limitOf(host)) return false;
    this.#open.set(host, open + 1);
    return true;
  }

  give(host: string): void {
    const open = (this.#open.get(host) ?? 1) - 1;
    if (open > 0) this.#open.set(host, open);
    else this.#open.delete(host);
  }

  /**
   * The host refused a connection beside those that are open: from what it had then, half; of its limit where it had
   * none. `counted`: refused ones that are still counted as open.
   */
  halve(host: string, counted = 0): void {
    const open = (this.#open.get(host) ?? 0) - counted;
    const had = open <= 0 ? this.limitOf(host) : Math.min(this.limitOf(host), open + 1);
    const limit = Math.max(1, Math.floor(had / 2));
    this.#halved.set(host, { limit, until: this.#clock.monotonic() + memory });
  }

  limitOf(host: string): number {
    const halved = this.#halved.get(host);
    if (!halved) return this.#limit(host);
    if (this.#clock.monotonic() < halved.until) return halved.limit;
    this.#halved.delete(host);
    return this.#limit(host);
  }
}
