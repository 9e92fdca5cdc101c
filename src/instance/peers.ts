import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import type { Log } from '../log/log.ts';
import type { Service } from '../queue/service.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { socketPath } from './living.ts';

/** The instances are read at most so often, ms: the store changes all the time. */
const rest = 300;

export interface PeersParts {
  readonly store: Pick<Store, 'instances'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Folder of the sockets. */
  readonly sockets: string;
  /** This instance's uid. */
  readonly own: string;
  /** One of them is gone: its connection was closed, or refused. */
  readonly onGone: () => void;
}

/**
 * Holds a connection to every other instance of this machine. The kernel closes it at the moment its process dies,
 * so what a killed instance held is taken over at once and not at the next scan.
 */
export function createPeers(parts: PeersParts): Service & { look(): void } {
  const connections = new Map<string, Socket>();
  let again = false;
  let stopping = false;
  let looking: Promise<void> | undefined;
  let cancelRest: (() => void) | undefined;

  const look = (): void => {
    again = true;
    if (looking || cancelRest || stopping) return;
    again = false;
    looking = meet().finally(() => {
      looking = undefined;
      if (!stopping) cancelRest = parts.clock.after(rest, restIsOver);
    });
  };

  return {
    look,
    async start() {
      look();
      await looking;
    },
    async stop() {
      stopping = true;
      cancelRest?.();
      await looking;
      for (const socket of connections.values()) socket.destroy();
    },
  };

  function restIsOver(): void {
    cancelRest = undefined;
    if (again) look();
  }

  async function meet(): Promise<void> {
    try {
      const here = (await parts.store.instances()).filter(({ host, uid }) => host === hostname() && uid !== parts.own);
      for (const { uid } of here) if (!connections.has(uid) && !stopping) hold(uid);
    } catch (error) {
      parts.log.warn({ error }, 'the other instances could not be read');
    }
  }

  function hold(uid: string): void {
    const socket = connect(socketPath(parts.sockets, uid)).unref();
    connections.set(uid, socket);
    let proves = false;
    socket.on('connect', () => {
      proves = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      proves ||= error.code === 'ECONNREFUSED';
    });
    socket.on('close', () => {
      connections.delete(uid);
      if (proves && !stopping) parts.onGone();
    });
    socket.resume();
  }
}
