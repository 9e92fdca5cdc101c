import { unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Living } from '../commands/parts.ts';
import type { InstanceRow, Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import { lifeAt } from './socket.ts';

/** Where the socket of an instance stands: found from its uid, since a container may see the folder elsewhere. */
export function socketPath(folder: string, uid: string): string {
  return join(folder, `${uid}.sock`);
}

export interface Neighbours {
  /** It answers at its socket: it sees the same files as this process. */
  isHere(row: InstanceRow): Promise<boolean>;
}

export interface Mortuary {
  /** Those that are dead, but for one. */
  dead(except: string): Promise<string[]>;
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
 * of one whose socket is gone nothing is known: both count as dead when the last heartbeat is older than a lease. Of
 * other hosts only the heartbeat is known.
 */
export function createLiving(parts: LivingParts): Living & Mortuary & Neighbours {
  const { store, clock, sockets, own, ttl } = parts;

  const isDead = async (row: InstanceRow) => {
    if (row.uid === own) return false;
    const silentFor = clock.now() - row.beatAt;
    if (row.host !== hostname()) return silentFor > 2 * ttl;
    const life = await lifeAt(socketPath(sockets, row.uid), row.uid, clock);
    return life === 'dead' || (life === 'silent' && silentFor > ttl);
  };

  const sweep = async (dead: readonly string[]) => {
    await Promise.all(dead.map((uid) => unlink(socketPath(sockets, uid)).catch(() => {})));
  };

  return {
    sweep,
    isHere: async (row) =>
      row.host === hostname() && (await lifeAt(socketPath(sockets, row.uid), row.uid, clock)) === 'alive',
    isAlive: async (row) => !(await isDead(row)),
    async bury(instance) {
      await store.rescue({ dead: [instance], expiredBefore: 0 }, clock.now());
      await sweep([instance]);
    },
    async dead(except) {
      const others = (await store.instances()).filter((row) => row.uid !== except);
      const verdicts = await Promise.all(others.map(isDead));
      return others.filter((_, index) => verdicts[index]).map((row) => row.uid);
    },
  };
}
