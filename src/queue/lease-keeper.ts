import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { AskedWish, Checkpoint, Store } from '../store/store.ts';
import type { Service } from './service.ts';

/** How often it looks whether a checkpoint or a heartbeat is due, ms. */
const beat = 100;
/** A holder gives up this much before its lease really ends, ms: no two ever work at once. */
const margin = 5000;

export interface LeaseKeeperParts {
  readonly engine: EngineParts;
  readonly store: Store;
  readonly runs: ReadonlyMap<number, Run>;
  /** Lease time to live and heartbeat, ms. */
  readonly ttl: number;
  readonly heartbeat: number;
}

/** A moment on both clocks, ms: either may stand still or jump, so the larger time gone by counts. */
interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/**
 * Keeps what the runs hold: renews their leases, records their checkpoints (all of one pulse in one
 * transaction), hands them the wishes of people, and stops those whose lease is lost or too old to be
 * trusted.
 */
export class LeaseKeeper implements Service {
  readonly #parts: LeaseKeeperParts;
  #renewed: Moment;
  #pulsing: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #cancel: (() => void) | undefined;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
    this.#renewed = this.#now();
  }

  async start(): Promise<void> {
    this.#cancel ??= this.#parts.engine.clock.every(beat, () => {
      this.#pulsing ??= this.#pulse().finally(() => {
        this.#pulsing = undefined;
      });
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#pulsing;
    await this.#looking;
  }

  /** After a change of the store: there may be a wish. */
  look(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#lookForWishes().finally(() => {
      this.#looking = undefined;
    });
  }

  async #pulse(): Promise<void> {
    const { runs, heartbeat } = this.#parts;
    if (runs.size === 0) {
      this.#renewed = this.#now();
      return;
    }
    this.#giveUpOldLeases();
    const held = [...runs.values()];
    const checkpoints = (await Promise.all(held.map((run) => this.#checkpointOf(run)))).flat();
    const isDue = this.#sinceRenewal() >= heartbeat;
    if (checkpoints.length > 0 || isDue) await this.#record(isDue ? held : [], checkpoints);
  }

  async #record(renew: readonly Run[], checkpoints: readonly Checkpoint[]): Promise<void> {
    const { store, engine, ttl } = this.#parts;
    const sent = this.#now();
    try {
      const answer = await store.pulse(
        {
          instance: engine.instance,
          leases: renew.map((run) => run.claim.lease),
          leaseUntil: sent.wall + ttl,
          checkpoints,
          samples: [],
        },
        sent.wall,
      );
      if (renew.length > 0) this.#renewed = sent;
      for (const lease of answer.lost) this.#runOf(lease.id, lease.token)?.stop({ by: 'lost' });
    } catch (error) {
      engine.log.warn({ error }, 'a pulse could not be recorded; it is tried again');
    }
  }

  /** A failed flush is not repeated: what it would have recorded is fetched again after a crash. */
  async #checkpointOf(run: Run): Promise<readonly Checkpoint[]> {
    try {
      return await run.checkpoint(false);
    } catch (error) {
      this.#parts.engine.log.warn({ error, download: run.claim.download.id }, 'a checkpoint failed');
      return [];
    }
  }

  #giveUpOldLeases(): void {
    const { runs, ttl, engine } = this.#parts;
    const since = this.#sinceRenewal();
    for (const run of runs.values()) {
      const age = Math.min(since, engine.clock.now() - (run.claim.leaseUntil - ttl));
      if (age >= ttl - Math.min(margin, ttl / 3)) run.stop({ by: 'lost' });
    }
  }

  async #lookForWishes(): Promise<void> {
    const { runs, store, engine } = this.#parts;
    while (this.#lookAgain) {
      this.#lookAgain = false;
      if (runs.size === 0) return;
      try {
        for (const [id, wish] of await store.waitingWishes(engine.instance)) obey(runs.get(id), wish);
      } catch (error) {
        engine.log.warn({ error }, 'the wishes could not be read');
      }
    }
  }

  #runOf(id: number, token: number): Run | undefined {
    const run = this.#parts.runs.get(id);
    return run?.claim.lease.token === token ? run : undefined;
  }

  #now(): Moment {
    const { clock } = this.#parts.engine;
    return { wall: clock.now(), steady: clock.monotonic() };
  }

  #sinceRenewal(): number {
    const { wall, steady } = this.#now();
    return Math.max(wall - this.#renewed.wall, steady - this.#renewed.steady);
  }
}

function obey(run: Run | undefined, wish: AskedWish): void {
  if (wish.wish === 'nudge') run?.nudge();
  else run?.stop({ by: 'wish', wish });
}
