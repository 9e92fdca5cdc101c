import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { AskedWish, Store } from '../store/store.ts';
import type { Service } from './service.ts';

/** How often it looks whether a checkpoint or a heartbeat is due, ms. */
const beat = 100;
/** A holder gives up this much before its lease really ends, ms: no two ever work at once. */
const margin = 5000;

export interface LeaseKeeperParts {
  readonly engine: EngineParts;
  readonly store: Store;
  readonly runs: ReadonlyMap<number, Run>;
  readonly ttl: number;
  readonly heartbeat: number;
}

/**
 * Keeps what the runs hold: renews their leases, records their checkpoints (all of one pulse in one
 * transaction), hands them the wishes of people, and stops those whose lease is lost or too old to be
 * trusted. Time is the larger of wall and monotonic time gone by, since either may stand still or jump.
 */
export function createLeaseKeeper(parts: LeaseKeeperParts): Service & { look(): void } {
  const { store, runs, engine } = parts;
  const { clock, log, instance } = engine;
  let renewed = { wall: clock.now(), steady: clock.monotonic() };
  let pulsing: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let cancel: (() => void) | undefined;

  return {
    async start() {
      cancel ??= clock.every(beat, () => {
        pulsing ??= pulse().finally(() => {
          pulsing = undefined;
        });
      });
    },
    async stop() {
      cancel?.();
      await pulsing;
      await looking;
    },
    look() {
      lookAgain = true;
      looking ??= lookForWishes().finally(() => {
        looking = undefined;
      });
    },
  };

  async function pulse(): Promise<void> {
    if (runs.size === 0) {
      renewed = { wall: clock.now(), steady: clock.monotonic() };
      return;
    }
    giveUpOldLeases();
    const held = [...runs.values()];
    const checkpoints = (await Promise.all(held.map(checkpointOf))).flat();
    const isDue = sinceRenewal() >= parts.heartbeat;
    if (checkpoints.length === 0 && !isDue) return;
    const sent = { wall: clock.now(), steady: clock.monotonic() };
    try {
      const leases = isDue ? held.map((run) => run.claim.lease) : [];
      const answer = await store.pulse(
        { instance, leases, leaseUntil: sent.wall + parts.ttl, checkpoints, samples: [] },
        sent.wall,
      );
      if (isDue) renewed = sent;
      for (const lease of answer.lost) runOf(lease.id, lease.token)?.stop({ by: 'lost' });
    } catch (error) {
      log.warn({ error }, 'a pulse could not be recorded; it is tried again');
    }
  }

  /** A failed flush is not repeated: what it would have recorded is fetched again after a crash. */
  async function checkpointOf(run: Run) {
    try {
      return await run.checkpoint(false);
    } catch (error) {
      log.warn({ error, download: run.claim.download.id }, 'a checkpoint failed');
      return [];
    }
  }

  function sinceRenewal(): number {
    return Math.max(clock.now() - renewed.wall, clock.monotonic() - renewed.steady);
  }

  function giveUpOldLeases(): void {
    const since = sinceRenewal();
    for (const run of runs.values()) {
      const age = Math.min(since, clock.now() - (run.claim.leaseUntil - parts.ttl));
      if (age >= parts.ttl - Math.min(margin, parts.ttl / 3)) run.stop({ by: 'lost' });
    }
  }

  async function lookForWishes(): Promise<void> {
    while (lookAgain) {
      lookAgain = false;
      if (runs.size === 0) return;
      try {
        for (const [id, wish] of await store.waitingWishes(instance)) obey(runs.get(id), wish);
      } catch (error) {
        log.warn({ error }, 'the wishes could not be read');
      }
    }
  }

  function obey(run: Run | undefined, wish: AskedWish): void {
    if (wish.wish === 'nudge') run?.nudge();
    else run?.stop({ by: 'wish', wish });
  }

  function runOf(id: number, token: number): Run | undefined {
    const run = runs.get(id);
    return run?.claim.lease.token === token ? run : undefined;
  }
}
