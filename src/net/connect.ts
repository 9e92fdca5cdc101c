import { X509Certificate } from 'node:crypto';
import net, { isIP } from 'node:net';
import tls, { type SecureContext } from 'node:tls';
import { Failure } from '../downloads/failure.ts';
import type { Clock } from '../time/clock.ts';
import { connectFailure } from './connect-failure.ts';
import { Wire } from './wire.ts';

export interface Endpoint {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

export interface ConnectOptions {
  readonly clock: Clock;
  /** For name, TCP and TLS together, ms. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Whom to believe; only for secure endpoints. */
  readonly trust?: SecureContext;
  /** Only addresses of this family; left out: both, the first that answers (RFC 8305). */
  readonly family?: 4 | 6;
}

/** How long one address may take before the next is tried as well, ms (RFC 8305 section 5). */
const attemptDelay = 250;
const keepAliveDelay = 30_000;

/**
 * Opens a TCP or verified TLS connection. Throws `Failure` with one sentence: `link` (no such host),
 * `offline` (no route, no name server), `network` (refused, timed out), `tls` (certificate); or the
 * signal's reason.
 */
export function connect(endpoint: Endpoint, options: ConnectOptions): Promise<Wire> {
  const place = `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  return new Promise((resolve, reject) => {
    const { signal, clock, timeout } = options;
    signal?.throwIfAborted();
    const wire = new Wire(place, (onread) => openSocket(endpoint, options, onread));
    const { socket } = wire;
    const settle = (failure?: unknown): void => {
      cancelTimeout();
      signal?.removeEventListener('abort', aborted);
      socket.off('error', failed);
      socket.off('close', closed);
      if (failure === undefined) {
        resolve(wire);
      } else {
        wire.destroy();
        reject(failure);
      }
    };
    const failed = (error: unknown): void => settle(connectFailure(error, place));
    const closed = (): void => settle(new Failure('network', `${place} broke the connection`));
    const aborted = (): void => settle(signal?.reason);
    const cancelTimeout = clock.after(timeout, () =>
      settle(new Failure('network', `no connection to ${place} within ${timeout / 1000} s`)),
    );
    signal?.addEventListener('abort', aborted);
    socket.on('error', failed);
    socket.on('close', closed);
    socket.once(endpoint.secure ? 'secureConnect' : 'connect', () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveDelay);
      settle();
    });
  });
}

function openSocket(
  endpoint: Endpoint,
  { trust, family }: ConnectOptions,
  onread: { buffer: () => Uint8Array; callback: (length: number, buffer: Uint8Array) => boolean },
): net.Socket {
  const { host, port, secure } = endpoint;
  const target = {
    host,
    port,
    onread,
    ...(family ? { family } : { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: attemptDelay }),
  };
  if (!secure) return net.connect(target);
  return tls.connect({
    ...target,
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) ? {} : { servername: host }),
    ...(trust ? { secureContext: trust } : {}),
  });
}

/**
 * Whom to believe: the usual authorities, and those in `pem`. Costs tens of milliseconds: make it
 * once and share it. Throws `Failure('tls')` when `pem` holds no certificate.
 */
export function trustFrom(pem: string | undefined): SecureContext {
  if (pem === undefined) return tls.createSecureContext();
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (!certificates) throw new Failure('tls', 'the file of http.ca_file contains no certificate in PEM form');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    return tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...certificates] });
  } catch (error) {
    throw new Failure('tls', 'the file of http.ca_file contains a damaged certificate', { cause: error });
  }
}
