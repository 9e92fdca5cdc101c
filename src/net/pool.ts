import type { SecureContext } from 'node:tls';
import type { Clock } from '../time/clock.ts';
import { type ConnectOptions, connect } from './connect.ts';
import { OnlyHttp2 } from './connect-failure.ts';
import { type Endpoint, hostAndPort } from './endpoint.ts';
import type { ProxyServer } from './proxy.ts';
import type { Wire } from './wire.ts';

export interface PoolOptions {
  readonly clock: Clock;
  /** For one connection, ms. */
  readonly connectTimeout: number;
  /** Whom to believe with these authorities (a file) beside the usual ones; called for each secure connection. */
  readonly trust: (caFile: string | undefined) => Promise<SecureContext>;
  /** As in `ConnectOptions`. */
  readonly publicOnly?: boolean;
}

/** How a host is reached and believed. Connections are shared only within one route. */
export interface Route {
  readonly proxy?: ProxyServer;
  readonly caFile?: string;
  readonly pins?: readonly string[];
}

export const directRoute: Route = {};

/** Idle wires kept for one origin, and how long: less than any usual server keeps them, ms. */
const mostIdle = 16;
const longestIdle = 10_000;
/** How long a family that failed on a host is left out, and how long it is asked over HTTP/2 at once, ms. */
const hostMemory = 600_000;

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
  /** Hosts that refused HTTP/1.1, and until when that is believed. */
  readonly #onlyHttp2 = new Map<string, number>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** An idle wire to the origin of `url`, or a new one. Throws as `connect`. */
  async take(url: URL, signal: AbortSignal | undefined, reuse = true, route = directRoute): Promise<Wire> {
    const idle = reuse ? this.#takeIdle(placeKey(url, route)) : undefined;
    return idle ?? this.#open(endpointOf(url), signal, route);
  }

  /** Keeps a wire whose answer has been read to its end. */
  give(url: URL, wire: Wire, route = directRoute): void {
    wire.detach();
    wire.used = true;
    const key = placeKey(url, route);
    const wires = this.#idle.get(key) ?? [];
    if (this.#closed || !wire.alive || wires.length >= mostIdle) {
      wire.destroy();
      return;
    }
    wire.rest();
    this.#idle.set(key, [...wires, { wire, since: this.#options.clock.monotonic() }]);
  }

  /** Ends all idle wires. Safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const wires of this.#idle.values()) {
      for (const { wire } of wires) wire.destroy();
    }
    this.#idle.clear();
  }

  #takeIdle(key: string): Wire | undefined {
    const wires = this.#idle.get(key) ?? [];
    const oldest = this.#options.clock.monotonic() - longestIdle;
    let found: Wire | undefined;
    while (!found) {
      const last = wires.pop();
      if (!last) break;
      if (last.wire.alive && last.since >= oldest) found = last.wire;
      else last.wire.destroy();
    }
    if (wires.length === 0) this.#idle.delete(key);
    found?.wake();
    return found;
  }

  async #open(endpoint: Endpoint, signal: AbortSignal | undefined, route: Route): Promise<Wire> {
    const { clock, connectTimeout, publicOnly } = this.#options;
    const trust = endpoint.secure ? await this.#options.trust(route.caFile) : undefined;
    const { proxy, pins } = route;
    const host = proxy ? proxy.host : endpoint.host;
    const known = this.#families.get(host);
    const family = known && known.until > clock.monotonic() ? known.family : undefined;
    const options = {
      ...{ clock, timeout: connectTimeout },
      ...(signal ? { signal } : {}),
      ...(trust ? { trust } : {}),
      ...(family ? { family } : {}),
      ...(proxy ? { proxy } : {}),
      ...(pins ? { pins } : {}),
      ...(publicOnly ? { publicOnly } : {}),
    };
    try {
      const wire = await this.#connect(endpoint, options);
      if (!family) this.#learn(host, wire);
      return wire;
    } catch (error) {
      this.#families.delete(host);
      throw error;
    }
  }

  /** A host that speaks only HTTP/2 is asked that way at once for a while. */
  async #connect(endpoint: Endpoint, options: ConnectOptions): Promise<Wire> {
    const place = hostAndPort(endpoint);
    const now = options.clock.monotonic();
    if ((this.#onlyHttp2.get(place) ?? 0) <= now) {
      try {
        return await connect(endpoint, options);
      } catch (error) {
        if (!(error instanceof OnlyHttp2)) throw error;
        for (const [known, until] of this.#onlyHttp2) if (until <= now) this.#onlyHttp2.delete(known);
        this.#onlyHttp2.set(place, now + hostMemory);
      }
    }
    const { Http2Socket } = await import('./http2-socket.ts');
    try {
      return await connect(endpoint, { ...options, http2: Http2Socket });
    } catch (error) {
      this.#onlyHttp2.delete(place);
      throw error;
    }
  }

  #learn(host: string, wire: Wire): void {
    const { autoSelectFamilyAttemptedAddresses: attempted, remoteFamily } = wire.socket;
    if (!attempted || attempted.length < 2 || !remoteFamily) return;
    const family = remoteFamily === 'IPv6' ? 6 : 4;
    this.#families.set(host, { family, until: this.#options.clock.monotonic() + hostMemory });
  }
}

function placeKey(url: URL, route: Route): string {
  return route === directRoute ? url.origin : `${url.origin} ${JSON.stringify(route)}`;
}

function endpointOf(url: URL): Endpoint {
  const secure = url.protocol === 'https:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
  };
}
