import type { Log } from '../log/log.ts';
import type { Gone } from '../store/queue-facts.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { Service } from './service.ts';

export interface RescuerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks, ms. */
  readonly scan: number;
  goneInstances(): Promise<Gone>;
  /** The dead that were given up now; also called, with none, where only leases had ended. */
  readonly onRescued: (dead: readonly string[]) => void;
}

/** More rows in one transaction would hold up other processes. */
const mostAtOnce = 1000;

/** Gives back what dead instances held: at the start, then every `scan` ms. */
export function createRescuer(parts: RescuerParts): Service & { look(): Promise<void> } {
  const { store, clock, log } = parts;
  let cancel: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let again = false;

  /** Whoever asks while it looks hears of what happened since. */
  const look = () => {
    again = true;
    looking ??= rescueAll().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    look,
    async start() {
      if (cancel) return;
      cancel = clock.every(parts.scan, () => void look());
      await look();
    },
    async stop() {
      cancel?.();
      await looking;
    },
  };

  async function rescueAll(): Promise<void> {
    while (again) {
      again = false;
      await rescue();
    }
  }

  async function rescue(): Promise<void> {
    try {
      const gone = await parts.goneInstances();
      const rescued = await store.rescue({ ...gone, expiredBefore: clock.now() }, clock.now());
      for (const download of rescued) log.info({ download: download.id }, 'taken over from an instance that died');
      const freed = await freeOrphans();
      if (rescued.length > 0 || gone.dead.length > 0 || freed > 0) parts.onRescued(gone.dead);
    } catch (error) {
      log.warn({ error }, 'could not look for dead instances');
    }
  }
  async function freeOrphans(): Promise<number> {
    let freed = 0;
    for (let some = mostAtOnce; some === mostAtOnce; freed += some) some = await store.freeOrphans(mostAtOnce);
    return freed;
  }
}
