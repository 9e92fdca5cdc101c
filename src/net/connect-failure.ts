import { Failure } from '../downloads/failure.ts';

type Errno = Error & {
  readonly code?: string;
  readonly reason?: string;
  readonly cert?: { readonly subjectaltname?: string };
  /** The key that was shown, where a person may decide to believe it. */
  readonly pin?: Pin | undefined;
};

interface Pin {
  readonly host: string;
  /** `sha256/BASE64` */
  readonly fingerprint: string;
}

const unreachable = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EHOSTDOWN']);

/** What is wrong with a certificate, by OpenSSL's and Node's names, as the end of "the certificate of HOST …". */
const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet (is the clock of this machine right?)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an authority that is not known here',
  CERT_REVOKED: 'has been revoked',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_SIGNATURE_FAILURE: 'has a wrong signature',
  INVALID_CA: 'is signed by something that is no authority',
  INVALID_PURPOSE: 'was not made for a web server',
  PATH_LENGTH_EXCEEDED: 'has too long a chain of authorities',
  HOSTNAME_MISMATCH: 'belongs to another host',
};

/** The host speaks TLS, and not that HTTP which it was asked for: probably HTTP/2 alone. */
export class OnlyHttp2 extends Failure {}

/**
 * Why no connection came about, or why it broke, as one sentence with its class. `place` is
 * `host:port`. What is a `Failure` already stays one.
 */
export function connectFailure(error: unknown, place: string): Failure {
  if (error instanceof Failure) return error;
  const one = telling(error);
  const code = one.code ?? '';
  const say = (failureClass: 'network' | 'offline' | 'link' | 'tls', text: string) =>
    new Failure(failureClass, text, { cause: error });
  const host = place.replace(/:\d+$/, '');
  if (code === 'ENOTFOUND') return say('link', `there is no host named ${host}; check the link`);
  if (code === 'EAI_AGAIN' || code === 'EAI_FAIL') {
    return say('offline', `the name ${host} cannot be looked up now; it goes on when the network is back`);
  }
  if (unreachable.has(code)) return say('offline', `${host} cannot be reached; it goes on when the network is back`);
  if (code === 'ECONNREFUSED') return say('network', `${place} refuses connections`);
  if (code === 'ETIMEDOUT') return say('network', `${place} does not answer`);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') {
    return say('network', `${place} broke the connection`);
  }
  return tlsFailure(one, code, place, say) ?? say('network', `no connection to ${place}: ${one.message}`);
}

function tlsFailure(
  error: Errno,
  code: string,
  place: string,
  say: (failureClass: 'tls', text: string) => Failure,
): Failure | undefined {
  const advice = `nothing was sent or received${error.pin ? `; ${howToPin(error.pin)}` : ''}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return say('tls', `the certificate of ${place} belongs to another host (${named(error)}); ${advice}`);
  }
  const fault = certificateFaults[code];
  if (fault !== undefined) return say('tls', `the certificate of ${place} ${fault}; ${advice}`);
  if (code.startsWith('CERT_') || code.startsWith('UNABLE_TO_') || code.startsWith('ERR_TLS_CERT')) {
    return say('tls', `the certificate of ${place} does not hold (${code}); ${advice}`);
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return say('tls', `${place} does not speak TLS; perhaps the link should begin with http://`);
  }
  if (code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return new OnlyHttp2('tls', `${place} speaks neither HTTP/1.1 nor HTTP/2`, { cause: error });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return say('tls', `no secure connection to ${place} came about (${error.reason ?? code})`);
  }
  return undefined;
}

/** A pinned key was not shown. `shown`: the one that was. */
export function pinFailure(place: string, shown: string | undefined): Failure {
  const key = shown === undefined ? 'no certificate' : `the key ${shown}`;
  return new Failure(
    'tls',
    `${place} shows ${key}, which is not the pinned one; nothing was sent or received; pin the new one only if its owner says that it is right`,
  );
}

/** To be copied as it stands. */
function howToPin({ host, fingerprint }: Pin): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `if you know that this is the right server, believe exactly its key: --fingerprint ${fingerprint}, or in the configuration hosts: { "${name}": { fingerprint: "${fingerprint}" } }`;
}

/** The names the certificate was made for, as Node tells them. */
function named(error: Errno): string {
  const names = error.cert?.subjectaltname || 'it names no host';
  return names.length > 200 ? `${names.slice(0, 200)}…` : names;
}

/** Of the errors of several addresses the one that tells most: an answer rather than no route. */
function telling(error: unknown): Errno {
  if (error instanceof AggregateError) {
    const errors = error.errors as Errno[];
    return errors.find((one) => !unreachable.has(one.code ?? '')) ?? errors[0] ?? error;
  }
  return error instanceof Error ? error : new Error(String(error));
}
