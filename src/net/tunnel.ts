import type { Socket } from 'node:net';
import { Failure } from '../downloads/failure.ts';
import { connectFailure } from './connect-failure.ts';
import { type Endpoint, hostAndPort } from './endpoint.ts';
import { type ResponseHead, ResponseHeadReader } from './http1/response-head.ts';
import type { ProxyServer } from './proxy.ts';

/**
 * Makes of a socket that is being opened to a proxy one that reaches `endpoint`: by CONNECT (RFC 9110
 * section 9.3.6) or SOCKS5 (RFC 1928). It comes back paused. Throws a `Failure` that says that it was the
 * proxy, or the signal's reason; the socket is destroyed then.
 */
export async function openTunnel(
  socket: Socket,
  endpoint: Endpoint,
  proxy: ProxyServer,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  aborted.promise.catch(() => {});
  try {
    await Promise.race([connected(socket, proxy), aborted.promise]);
    const work = proxy.kind === 'http' ? byConnect(socket, endpoint, proxy) : bySocks(socket, endpoint, proxy);
    work.catch(() => {});
    await Promise.race([work, aborted.promise]);
    socket.pause();
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What went wrong on the way to a proxy or with it: never the link's fault, so that it is tried again. */
export function proxyFailure(error: unknown, proxy: ProxyServer): unknown {
  const place = hostAndPort(proxy);
  const failure = error instanceof Failure ? error : connectFailure(error, place);
  if (failure.class !== 'link' && failure.class !== 'network' && failure.class !== 'offline') return error;
  const failureClass = failure.class === 'link' ? 'refused' : failure.class;
  return new Failure(failureClass, `the proxy cannot be used: ${failure.message.replace(/; check the link$/, '')}`, {
    cause: failure,
  });
}

function connected(socket: Socket, proxy: ProxyServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: unknown): void => {
      socket.off('error', failed);
      socket.off('close', closed);
      if (failure === undefined) resolve();
      else reject(proxyFailure(failure, proxy));
    };
    const failed = (error: unknown): void => settle(connectFailure(error, hostAndPort(proxy)));
    const closed = (): void => settle(broken(proxy));
    socket.on('error', failed);
    socket.on('close', closed);
    socket.once('connect', () => settle());
  });
}

function byConnect(socket: Socket, endpoint: Endpoint, proxy: ProxyServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = hostAndPort(endpoint);
    const reader = new ResponseHeadReader();
    const settle = (failure?: unknown): void => {
      socket.off('data', received);
      socket.off('error', failed);
      socket.off('close', closed);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const failed = (error: unknown): void => settle(proxyFailure(connectFailure(error, hostAndPort(proxy)), proxy));
    const closed = (): void => settle(proxyFailure(broken(proxy), proxy));
    const received = (bytes: Buffer): void => {
      try {
        const taken = reader.push(bytes, 0, bytes.length);
        if (!reader.head) return;
        socket.pause();
        settle(refusal(reader.head, target, proxy));
        if (taken < bytes.length) socket.unshift(bytes.subarray(taken));
      } catch (error) {
        settle(new Failure('protocol', `the proxy ${hostAndPort(proxy)} does not answer as one`, { cause: error }));
      }
    };
    socket.on('data', received);
    socket.on('error', failed);
    socket.on('close', closed);
    const authorization = proxyAuthorization(proxy);
    const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`, 'latin1');
  });
}

/** RFC 7617; undefined where the proxy has no user name. */
export function proxyAuthorization({ user, password }: ProxyServer): string | undefined {
  if (user === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${password ?? ''}`, 'utf8').toString('base64')}`;
}

function refusal({ status, reason }: ResponseHead, target: string, proxy: ProxyServer): Failure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const place = hostAndPort(proxy);
  const said = `${status}${reason ? ` ${reason}` : ''}`;
  if (status === 407) return wantsLogin(proxy);
  if (status === 403 || status === 405) {
    return new Failure('refused', `the proxy ${place} does not allow connections to ${target} (it answered ${said})`);
  }
  return new Failure('network', `the proxy ${place} made no connection to ${target} (it answered ${said})`);
}

/** The library speaks the protocol; opening, waiting and giving up are ours. */
async function bySocks(socket: Socket, endpoint: Endpoint, proxy: ProxyServer): Promise<void> {
  const { SocksClient } = (await import('socks')).default;
  const { host, port, user, password } = proxy;
  const credentials = user === undefined ? {} : { userId: user, password: password ?? '' };
  try {
    await SocksClient.createConnection({
      command: 'connect',
      proxy: { host, port, type: 5, ...credentials },
      destination: { host: endpoint.host, port: endpoint.port },
      existing_socket: socket,
      timeout: longestHandshake,
    });
  } catch (error) {
    throw socksFailure(error, endpoint, proxy);
  }
}

/** The connect timeout ends it much earlier; ms. */
const longestHandshake = 600_000;

/** The library's error carries the proxy's password, so only its words are kept. */
function socksFailure(error: unknown, endpoint: Endpoint, proxy: ProxyServer): Failure {
  const place = hostAndPort(proxy);
  const text = error instanceof Error ? error.message : String(error);
  const cause = new Error(text);
  const rejected = /rejected connection - (\w+)/.exec(text)?.[1];
  const target = hostAndPort(endpoint);
  if (rejected === 'NotAllowed') {
    return new Failure('refused', `the proxy ${place} does not allow connections to ${target}`, { cause });
  }
  if (rejected !== undefined) {
    return new Failure('network', `the proxy ${place} made no connection to ${target} (${rejected})`, { cause });
  }
  if (/authentication|auth method|authentication type/i.test(text)) return wantsLogin(proxy);
  return new Failure('network', `the proxy ${place} does not answer as a SOCKS5 proxy (${text})`, { cause });
}

function wantsLogin(proxy: ProxyServer): Failure {
  const given = proxy.user === undefined ? 'wants a user name and password' : 'refuses this user name and password';
  return new Failure('refused', `the proxy ${hostAndPort(proxy)} ${given}; they stand before the host in its URL`);
}

function broken(proxy: ProxyServer): Failure {
  return new Failure('network', `${hostAndPort(proxy)} broke the connection`);
}
