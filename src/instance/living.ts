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

export interface LivingParts {
  readonly store: Pick<Store, 'instances' | 'rescue'>;
  readonly clock: Clock;
  readonly sockets: string;
  /** The instance that asks: it lives, also where it has no socket. */
  readonly own?: string;
  /** Lease time to live, ms. */
  readonly ttl: number;
}

/**
 * Who is alive. On this host the sockets say it: refused is dead at once; connected but silent is
 * stopped, and counts as dead when its last heartbeat is older than a lease. Of other hosts only the
 * heartbeat is known.
 */
export function createLiving(parts: LivingParts): Living & { dead(except: string): Promise<string[]> } {
  const { store, clock, sockets, own, ttl } = parts;

  const isDead = async (row: InstanceRow) => {
    if (row.uid === own) return false;
    const silentFor = clock.now() - row.beatAt;
    if (row.host !== hostname()) return silentFor > 2 * ttl;
    const path = socketPath(sockets, row.uid);
    const life = await lifeAt(path, row.uid, clock);
    if (life === 'dead') await unlink(path).catch(() => {});
    return life === 'dead' || (life === 'stopped' && silentFor > ttl);
  };

  return {
    isAlive: async (row) => !(await isDead(row)),
    async bury(instance) {
      await store.rescue({ dead: [instance], expiredBefore: 0 }, clock.now());
    },
    async dead(except) {
      const others = (await store.instances()).filter((row) => row.uid !== except);
      const verdicts = await Promise.all(others.map(isDead));
      return others.filter((_, index) => verdicts[index]).map((row) => row.uid);
    },
  };
}
