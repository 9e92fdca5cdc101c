import net from 'node:net';
import { Failure } from '../downloads/failure.ts';
import type { ConnectOptions } from './connect.ts';
import { connectFailure } from './connect-failure.ts';
import { type Endpoint, hostAndPort } from './endpoint.ts';
import { parseProxy } from './proxy.ts';
import { openTunnel } from './tunnel.ts';

/**
 * A plain socket for protocols that are not ours, through a proxy (`none`: without one). Throws as
 * `connect`.
 */
export async function connectSocket(
  place: Pick<Endpoint, 'host' | 'port'>,
  proxy: string,
  { clock, timeout, signal }: Pick<ConnectOptions, 'clock' | 'timeout' | 'signal'>,
): Promise<net.Socket> {
  const server = parseProxy(proxy);
  const ending = new AbortController();
  const aborted = (): void => ending.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', aborted);
  const cancel = clock.after(timeout, () =>
    ending.abort(new Failure('network', `no connection to ${hostAndPort(place)} within ${timeout / 1000} s`)),
  );
  const socket = net.connect({ ...(server ?? place), autoSelectFamily: true });
  try {
    if (server) return await openTunnel(socket, { ...place, secure: false }, server, ending.signal);
    await connected(socket, hostAndPort(place), ending.signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    cancel();
    signal?.removeEventListener('abort', aborted);
  }
}

function connected(socket: net.Socket, place: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: unknown): void => {
      socket.off('error', failed);
      signal.removeEventListener('abort', aborted);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const failed = (error: unknown): void => settle(connectFailure(error, place));
    const aborted = (): void => settle(signal.reason);
    socket.once('error', failed);
    socket.once('connect', () => settle());
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
  });
}
