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
  /** Lease time to live, ms. */
  readonly ttl: number;
}

/** Who is alive: on this host the sockets say it, for other hosts the age of the last heartbeat. */
export function createLiving(parts: LivingParts): Living & { dead(except: string): Promise<string[]> } {
  const { store, clock, sockets, ttl } = parts;

  const isDead = async (row: InstanceRow) => {
    if (row.host !== hostname()) return clock.now() - row.beatAt > 2 * ttl;
    return (await lifeAt(socketPath(sockets, row.uid), row.uid, clock)) === 'dead';
  };

  return {
    isAlive: async (row) => !(await isDead(row)),
    async bury(instance) {
      const now = clock.now();
      await store.rescue({ dead: [instance], expiredBefore: 0 }, now);
      await removeSocket(instance);
    },
    async dead(except) {
      const others = (await store.instances()).filter((row) => row.uid !== except);
      const verdicts = await Promise.all(others.map(isDead));
      const dead = others.filter((_, index) => verdicts[index]);
      for (const row of dead) if (row.host === hostname()) await removeSocket(row.uid);
      return dead.map((row) => row.uid);
    },
  };

  async function removeSocket(uid: string): Promise<void> {
    await unlink(socketPath(sockets, uid)).catch(() => {});
  }
}
