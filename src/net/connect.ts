import { X509Certificate } from 'node:crypto';
import net, { isIP } from 'node:net';
import tls, { type SecureContext } from 'node:tls';
import { Failure } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import { connectFailure } from './connect-failure.ts';
import { type Endpoint, hostAndPort } from './endpoint.ts';
import type { Http2Socket } from './http2-socket.ts';
import { peerFailure } from './peer.ts';
import { publicLookup, refusePrivate } from './private-address.ts';
import type { ProxyServer } from './proxy.ts';
import { openTunnel, proxyFailure } from './tunnel.ts';
import { Wire } from './wire.ts';

export interface ConnectOptions {
  readonly clock: Clock;
  /** For name, TCP, proxy and TLS together, ms. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Whom to believe; only for secure endpoints. */
  readonly trust?: SecureContext;
  /** `sha256/BASE64`: one of these keys must be shown, and whatever else is wrong with the certificate is not. */
  readonly pins?: readonly string[];
  readonly proxy?: ProxyServer;
  /** Only addresses of this family; left out: both, the first that answers (RFC 8305). */
  readonly family?: 4 | 6;
  /** Refuses private addresses: a stranger named the host. A proxy looks names up itself and is trusted to do so. */
  readonly publicOnly?: boolean;
  /** What speaks HTTP/2, for hosts that refused HTTP/1.1 by an `OnlyHttp2`. Slower; the wire looks the same. */
  readonly http2?: typeof Http2Socket;
}

type OnRead = { buffer: () => Uint8Array; callback: (length: number, buffer: Uint8Array) => boolean };

/** How long one address may take before the next is tried as well, ms (RFC 8305 section 5). */
const attemptDelay = 250;
const keepAliveDelay = 30_000;

/**
 * Opens a TCP or verified TLS connection, through a proxy where one is named: then plain HTTP goes to
 * the proxy itself, which wants the absolute form of the target (RFC 9112 section 3.2.2), and everything
 * else through a tunnel. Throws `Failure` with one sentence: `link` (no such host), `offline` (no route,
 * no name server), `network` (refused, timed out), `tls` (certificate), `refused` (by the proxy); or the
 * signal's reason.
 */
export async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<Wire> {
  const { signal, clock, timeout, proxy } = options;
  const place = placeOf(endpoint, proxy);
  const ending = new AbortController();
  const aborted = (): void => ending.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', aborted);
  const cancelTimeout = clock.after(timeout, () =>
    ending.abort(new Failure('network', `no connection to ${place} within ${timeout / 1000} s`)),
  );
  try {
    return await (proxy
      ? throughProxy(endpoint, proxy, place, { ...options, signal: ending.signal })
      : direct(endpoint, place, { ...options, signal: ending.signal }));
  } finally {
    cancelTimeout();
    signal?.removeEventListener('abort', aborted);
  }
}

function placeOf(endpoint: Endpoint, proxy: ProxyServer | undefined): string {
  const place = hostAndPort(endpoint);
  return proxy ? `${place} (through the proxy ${hostAndPort(proxy)})` : place;
}

async function direct(endpoint: Endpoint, place: string, options: ConnectOptions): Promise<Wire> {
  if (options.publicOnly) refusePrivate(endpoint.host);
  if (options.http2) return overHttp2(openSocket(endpoint, options), options.http2, endpoint, place, options);
  const wire = new Wire(place, (onread) => openSocket(endpoint, options, onread));
  await opened(wire, endpoint, place, options);
  return wire;
}

async function overHttp2(
  socket: net.Socket,
  Speaker: typeof Http2Socket,
  endpoint: Endpoint,
  place: string,
  options: ConnectOptions,
): Promise<Wire> {
  await opened({ socket, destroy: () => socket.destroy() }, endpoint, place, options);
  const http2 = new Speaker(socket as tls.TLSSocket, hostAndPort(endpoint));
  return new Wire(place, () => http2 as unknown as net.Socket, 'stream');
}

async function throughProxy(
  endpoint: Endpoint,
  proxy: ProxyServer,
  place: string,
  options: ConnectOptions,
): Promise<Wire> {
  if (options.publicOnly) refusePrivate(endpoint.host);
  const { publicOnly: _publicOnly, ...toProxy } = options;
  const { host, port } = proxy;
  const first = { host, port, secure: false };
  if (proxy.kind === 'http' && !endpoint.secure) {
    const wire = new Wire(place, (onread) => openSocket(first, toProxy, onread));
    await opened(wire, first, hostAndPort(proxy), options).catch((error: unknown) => {
      throw proxyFailure(error, proxy);
    });
    return wire;
  }
  const carrier = await openTunnel(openSocket(first, toProxy), endpoint, proxy, options.signal);
  if (options.http2) {
    const socket = tls.connect({ ...secureOptions(endpoint, options), socket: carrier });
    return overHttp2(socket, options.http2, endpoint, place, options);
  }
  const wire = new Wire(
    place,
    () => (endpoint.secure ? tls.connect({ ...secureOptions(endpoint, options), socket: carrier }) : carrier),
    'stream',
  );
  if (endpoint.secure) await opened(wire, endpoint, place, options);
  else carrier.setKeepAlive(true, keepAliveDelay);
  return wire;
}

/** Waits until the wire is open and the other side has shown who it is; destroys it where that fails. */
function opened(
  wire: Pick<Wire, 'socket' | 'destroy'>,
  endpoint: Endpoint,
  place: string,
  options: ConnectOptions,
): Promise<void> {
  const { signal, pins = [] } = options;
  return new Promise((resolve, reject) => {
    const { socket } = wire;
    const settle = (failure?: unknown): void => {
      signal?.removeEventListener('abort', aborted);
      socket.off('error', failed);
      socket.off('close', closed);
      if (failure === undefined) resolve();
      else {
        wire.destroy();
        reject(failure);
      }
    };
    const failed = (error: unknown): void => settle(connectFailure(error, place));
    const closed = (): void => settle(new Failure('network', `${place} broke the connection`));
    const aborted = (): void => settle(signal?.reason);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) return aborted();
    socket.on('error', failed);
    socket.on('close', closed);
    socket.once(endpoint.secure ? 'secureConnect' : 'connect', () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveDelay);
      settle(socket instanceof tls.TLSSocket ? peerFailure(socket, endpoint.host, place, pins) : undefined);
    });
  });
}

function openSocket(endpoint: Endpoint, options: ConnectOptions, onread?: OnRead): net.Socket {
  const { family } = options;
  const target = {
    host: endpoint.host,
    port: endpoint.port,
    ...(onread ? { onread } : {}),
    ...(options.publicOnly ? { lookup: publicLookup } : {}),
    ...(family ? { family } : { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: attemptDelay }),
  };
  return endpoint.secure ? tls.connect({ ...target, ...secureOptions(endpoint, options) }) : net.connect(target);
}

/**
 * The certificate is judged by `peerFailure` before anything is sent, and not within `tls`, which would
 * throw the certificate away whose fingerprint a person is told.
 */
function secureOptions({ host }: Endpoint, { trust, http2 }: ConnectOptions): tls.ConnectionOptions {
  return {
    host,
    rejectUnauthorized: false,
    ALPNProtocols: [http2 ? 'h2' : 'http/1.1'],
    ...(isIP(host) ? {} : { servername: host }),
    ...(trust ? { secureContext: trust } : {}),
  };
}

/**
 * Whom to believe: the usual authorities, and those in `pem`. Costs tens of milliseconds: make it
 * once and share it. Throws `Failure('tls')` when `pem` holds no certificate.
 */
export function trustFrom(pem: string | undefined): SecureContext {
  if (pem === undefined) return tls.createSecureContext();
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (!certificates) throw new Failure('tls', 'the ca_file contains no certificate in PEM form');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    return tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...certificates] });
  } catch (error) {
    throw new Failure('tls', 'the ca_file contains a damaged certificate', { cause: error });
  }
}
