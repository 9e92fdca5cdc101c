import { Failure } from '../downloads/failure.ts';

/** A server that connections are made through. */
export interface ProxyServer {
  readonly kind: 'http' | 'socks5';
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Secret. */
  readonly user?: string;
  readonly password?: string;
}

const forms = 'write http://HOST:PORT, socks5://HOST:PORT, or none';
const ports = { 'http:': 8080, 'socks5:': 1080, 'socks5h:': 1080 } as const;

/**
 * Reads a proxy's URL; `none` is undefined. Names are looked up by the proxy, also for `socks5://`, so
 * that nothing leaks past it. Throws `Failure('link')` with what is allowed and without the URL, which
 * may hold a password. Pure.
 */
export function parseProxy(text: string): ProxyServer | undefined {
  const written = text.trim();
  if (written === 'none') return undefined;
  const url = URL.parse(written);
  if (url?.protocol === 'https:') {
    throw new Failure('link', 'a proxy that is itself spoken to over TLS is not known here; write http://HOST:PORT');
  }
  const kind = url?.protocol === 'http:' ? 'http' : url && /^socks5h?:$/.test(url.protocol) ? 'socks5' : undefined;
  if (!url || !kind || url.hostname === '' || !/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new Failure('link', `the proxy is malformed: ${forms}`);
  }
  const defaultPort = ports[url.protocol as keyof typeof ports];
  const port = url.port !== '' ? Number(url.port) : /^[^/]*\/\/[^/]*:80\/?$/.test(written) ? 80 : defaultPort;
  if (port === 0) throw new Failure('link', `the proxy is malformed: its port must be from 1 to 65535`);
  const secret: Pick<ProxyServer, 'user' | 'password'> =
    url.username === '' && url.password === '' ? {} : { user: decoded(url.username), password: decoded(url.password) };
  if (kind === 'socks5' && (tooLong(secret.user) || tooLong(secret.password))) {
    throw new Failure('link', 'the user name and the password of a SOCKS5 proxy can have 255 bytes each');
  }
  return { kind, host: url.hostname.replace(/^\[|\]$/g, ''), port, ...secret };
}

function tooLong(text: string | undefined): boolean {
  return text !== undefined && Buffer.byteLength(text) > 255;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
