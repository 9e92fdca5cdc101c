import type { Config } from '../config/config.ts';
import { type HostSettings, settingsOfHost } from '../config/hosts.ts';
import { Failure } from '../downloads/failure.ts';
import { parseFingerprint } from './fingerprint.ts';
import { directRoute, type Route } from './pool.ts';
import { parseProxy } from './proxy.ts';

/** What holds for one request beside the configuration. */
export interface OwnRoute {
  /** A URL, or `none`. */
  readonly proxy?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** How the configuration wants each host to be reached and believed. */
export class Routes {
  readonly #http: Pick<Config['http'], 'proxy' | 'ca_file'>;
  readonly #hosts: Config['hosts'];
  readonly #settings = new Map<string, HostSettings>();
  /** Equal routes are one object, so that telling them apart is cheap. */
  readonly #routes = new Map<string, Route>();

  constructor(http: Pick<Config['http'], 'proxy' | 'ca_file'>, hosts: Config['hosts'] = {}) {
    this.#http = http;
    this.#hosts = hosts;
  }

  /** What `own` says goes before the host, that before all. Throws `Failure('link')`. */
  routeFor(url: URL, own: OwnRoute = {}): Route {
    const host = this.settingsOf(url);
    const proxy = own.proxy ?? host.proxy ?? this.#http.proxy ?? 'none';
    const caFile = host.ca_file ?? this.#http.ca_file;
    if (own.fingerprint !== undefined && url.protocol === 'http:') {
      throw new Failure(
        'link',
        'over http:// nobody shows a key that could be the pinned one; begin the link with https://',
      );
    }
    const pin = own.fingerprint ?? host.fingerprint;
    if (proxy === 'none' && caFile === undefined && pin === undefined) return directRoute;
    const key = JSON.stringify([proxy, caFile, pin]);
    const known = this.#routes.get(key);
    if (known) return known;
    const server = parseProxy(proxy);
    const route: Route = {
      ...(server ? { proxy: server } : {}),
      ...(caFile === undefined ? {} : { caFile }),
      ...(pin === undefined ? {} : { pins: [parseFingerprint(pin)] }),
    };
    this.#routes.set(key, route);
    return route;
  }

  settingsOf(url: URL): HostSettings {
    const place = url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host;
    const known = this.#settings.get(place) ?? settingsOfHost(this.#hosts, place);
    this.#settings.set(place, known);
    return known;
  }
}
