import { unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Living } from '../commands/parts.ts';
import type { Gone } from '../store/queue-facts.ts';
import type { InstanceRow, Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { type Life, lifeAt, progressAt } from './socket.ts';

/** Where the socket of an instance stands: found from its uid, since a container may see the folder elsewhere. */
export function socketPath(folder: string, uid: string): string {
  return join(folder, `${uid}.sock`);
}

export interface Neighbours {
  /** It answers at its socket: it sees the same files as this process. */
  isHere(row: InstanceRow): Promise<boolean>;
}

export interface Mortuary {
  /** Those that do not live, but for one. */
  gone(except: string): Promise<Required<Gone>>;
  /**
   * After they were given up in the store: takes their sockets away. Not before, because a refused connection is
   * what proves their death to everybody else.
   */
  sweep(dead: readonly string[]): Promise<void>;
}

export interface LivingParts {
  readonly store: Pick<Store, 'kind' | 'instances' | 'rescue'>;
  readonly clock: Clock;
  readonly sockets: string;
  /** The instance that asks: it lives, also where it has no socket. */
  readonly own?: string;
  /** Lease time to live, ms. */
  readonly ttl: number;
}

/**
 * Who is alive. On this host the sockets say it: refused is dead at once. One that is connected but silent is stopped;
 * of one whose socket is gone nothing is known: neither counts as alive when the last heartbeat is older than a lease.
 * Of other hosts only the heartbeat is known. A late heartbeat proves no death: what such a one holds, it keeps until
 * its leases end.
 */
export function createLiving(parts: LivingParts): Living & Mortuary & Neighbours {
  const { store, clock, sockets, own, ttl } = parts;

  const lifeOf = async (row: InstanceRow): Promise<Life> => {
    if (row.uid === own) return 'alive';
    const silentFor = clock.now() - row.beatAt;
    if (row.host !== hostname()) return silentFor > 2 * ttl ? 'silent' : 'alive';
    const life = await lifeAt(socketPath(sockets, row.uid), row.uid, clock);
    return life === 'silent' && silentFor <= ttl ? 'alive' : life;
  };

  const sweep = async (dead: readonly string[]) => {
    await Promise.all(dead.map((uid) => unlink(socketPath(sockets, uid)).catch(() => {})));
  };

  return {
    sweep,
    isHere: async (row) =>
      row.host === hostname() && (await lifeAt(socketPath(sockets, row.uid), row.uid, clock)) === 'alive',
    isAlive: async (row) => (await lifeOf(row)) === 'alive',
    reports: (instance) => progressAt(socketPath(sockets, instance), clock),
    async bury(instance) {
      const isDead = (await lifeAt(socketPath(sockets, instance), instance, clock)) === 'dead';
      const gone = isDead ? { dead: [instance] } : { dead: [], silent: [instance] };
      await store.rescue({ ...gone, expiredBefore: clock.now() }, clock.now());
      await sweep(gone.dead);
    },
    async gone(except) {
      const others = (await store.instances()).filter((row) => row.uid !== except);
      const lives = await Promise.all(others.map(lifeOf));
      const those = (life: Life) => others.filter((_, index) => lives[index] === life).map(({ uid }) => uid);
      return { dead: those('dead'), silent: those('silent') };
    },
  };
}
