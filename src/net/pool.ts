import type { SecureContext } from 'node:tls';
import type { Clock } from '../time/clock.ts';
import { connect, type Endpoint } from './connect.ts';
import type { Wire } from './wire.ts';

export interface PoolOptions {
  readonly clock: Clock;
  /** For one connection, ms. */
  readonly connectTimeout: number;
  /** Called when the first secure connection is needed. */
  readonly trust: () => Promise<SecureContext>;
}

/** Idle wires kept for one origin, and how long: less than any usual server keeps them, ms. */
const mostIdle = 16;
const longestIdle = 10_000;
/** How long a family that failed on a host is left out, ms. */
const familyMemory = 600_000;

interface Idle {
  readonly wire: Wire;
  readonly since: number;
}

/** Open connections by origin, for the next request to the same one. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Idle[]>();
  /** The family that answered where another did not. */
  readonly #families = new Map<string, { readonly family: 4 | 6; readonly until: number }>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** An idle wire to the origin of `url`, or a new one. Throws as `connect`. */
  async take(url: URL, signal: AbortSignal | undefined, reuse = true): Promise<Wire> {
    const idle = reuse ? this.#takeIdle(url.origin) : undefined;
    return idle ?? this.#open(endpointOf(url), signal);
  }

  /** Keeps a wire whose answer has been read to its end. */
  give(url: URL, wire: Wire): void {
    wire.detach();
    wire.used = true;
    const wires = this.#idle.get(url.origin) ?? [];
    if (this.#closed || !wire.alive || wires.length >= mostIdle) {
      wire.destroy();
      return;
    }
    wire.rest();
    this.#idle.set(url.origin, [...wires, { wire, since: this.#options.clock.monotonic() }]);
  }

  /** Ends all idle wires. Safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const wires of this.#idle.values()) {
      for (const { wire } of wires) wire.destroy();
    }
    this.#idle.clear();
  }

  #takeIdle(origin: string): Wire | undefined {
    const wires = this.#idle.get(origin) ?? [];
    const oldest = this.#options.clock.monotonic() - longestIdle;
    let found: Wire | undefined;
    while (!found) {
      const last = wires.pop();
      if (!last) break;
      if (last.wire.alive && last.since >= oldest) found = last.wire;
      else last.wire.destroy();
    }
    if (wires.length === 0) this.#idle.delete(origin);
    found?.wake();
    return found;
  }

  async #open(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Wire> {
    const { clock, connectTimeout } = this.#options;
    const trust = endpoint.secure ? await this.#options.trust() : undefined;
    const known = this.#families.get(endpoint.host);
    const family = known && known.until > clock.monotonic() ? known.family : undefined;
    try {
      const wire = await connect(endpoint, {
        clock,
        timeout: connectTimeout,
        ...(signal ? { signal } : {}),
        ...(trust ? { trust } : {}),
        ...(family ? { family } : {}),
      });
      if (!family) this.#learn(endpoint.host, wire);
      return wire;
    } catch (error) {
      this.#families.delete(endpoint.host);
      throw error;
    }
  }

  #learn(host: string, wire: Wire): void {
    const { autoSelectFamilyAttemptedAddresses: attempted, remoteFamily } = wire.socket;
    if (!attempted || attempted.length < 2 || !remoteFamily) return;
    const family = remoteFamily === 'IPv6' ? 6 : 4;
    this.#families.set(host, { family, until: this.#options.clock.monotonic() + familyMemory });
  }
}

function endpointOf(url: URL): Endpoint {
  const secure = url.protocol === 'https:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
  };
}
