import type { TLSSocket } from 'node:tls';
import type { Failure } from '../downloads/failure.ts';
import { connectFailure, pinFailure } from './connect-failure.ts';
import { certificateFingerprint } from './fingerprint.ts';

/**
 * Why the other side of a fresh TLS connection is not to be believed; undefined: it is. With `pins` its
 * key must be one of them, and nothing else counts; without, chain, time and name must hold, as Node has
 * checked them by RFC 5280 and RFC 9525. `place` is `host:port`, for people.
 */
export function peerFailure(
  socket: TLSSocket,
  host: string,
  place: string,
  pins: readonly string[],
): Failure | undefined {
  const certificate = socket.getPeerX509Certificate();
  const fingerprint = certificate && certificateFingerprint(certificate.raw);
  if (pins.length > 0) {
    return fingerprint !== undefined && pins.includes(fingerprint) ? undefined : pinFailure(place, fingerprint);
  }
  if (socket.authorized && fingerprint !== undefined) return undefined;
  const code = String(socket.authorizationError ?? 'CERT_MISSING');
  const error = Object.assign(new Error(code), {
    code,
    cert: { subjectaltname: certificate?.subjectAltName ?? '' },
    pin: fingerprint === undefined ? undefined : { host, fingerprint },
  });
  return connectFailure(error, place);
}
