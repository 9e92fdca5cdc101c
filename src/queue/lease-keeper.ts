import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { AskedWish, Checkpoint, Store } from '../store/store.ts';
import { extendDeadline, type Moment, momentOn, since, watchDeadline } from '../time/deadline.ts';
import { createRests, type Rests } from './rests.ts';
import type { Service } from './service.ts';

/** How often it looks whether a checkpoint or a heartbeat is due, ms. */
const beat = 100;
/** The wishes are read at most so often, ms: the store changes all the time. */
const rest = 25;
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

/** For how long a lease may be trusted after it was asked for, ms; `ttl` as configured. */
export function trustedFor(ttl: number): number {
  return ttl - Math.min(margin, ttl / 3);
}

/**
 * Keeps what the runs hold: renews their leases, records their checkpoints (all of one pulse in one
 * transaction), hands them the wishes of people, and stops those whose lease is lost or too old to be
 * trusted. What it gave up it renews no more: nobody works on it, so another one may have it when the lease ends.
 */
export class LeaseKeeper implements Service {
  readonly #parts: LeaseKeeperParts;
  readonly #flushing = new Set<Run>();
  #durable: Checkpoint[] = [];
  #renewed: Moment;
  #pulsing: Promise<void> | undefined;
  readonly #wishes: Rests;
  #cancel: (() => void) | undefined;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
    this.#renewed = momentOn(parts.engine.clock);
    this.#wishes = createRests(parts.engine.clock, rest, () => this.#lookForWishes());
  }

  async start(): Promise<void> {
    this.#cancel ??= this.#parts.engine.clock.every(beat, () => {
      this.#giveUpOldLeases();
      for (const run of this.#parts.runs.values()) this.#flush(run);
      this.#pulseSoon();
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#pulsing;
    await this.#wishes.stop();
  }

  /** After a change of the store: there may be a wish. */
  look(): void {
    void this.#wishes.ask();
  }

  /** A disk that hangs in its sync holds up its own checkpoint: no heartbeat, and no other download, waits for it. */
  #flush(run: Run): void {
    if (this.#flushing.has(run)) return;
    this.#flushing.add(run);
    void this.#checkpointOf(run).then((checkpoints) => {
      this.#flushing.delete(run);
      if (checkpoints.length === 0) return;
      this.#durable.push(...checkpoints);
      this.#pulseSoon();
    });
  }

  #pulseSoon(): void {
    this.#pulsing ??= this.#pulse().finally(() => {
      this.#pulsing = undefined;
    });
  }

  async #pulse(): Promise<void> {
    const { runs, heartbeat, engine } = this.#parts;
    const checkpoints = this.#durable;
    this.#durable = [];
    const held = [...runs.values()].filter(({ order }) => order?.by !== 'lost');
    if (held.length === 0) {
      this.#renewed = momentOn(engine.clock);
      return;
    }
    const isDue = since(this.#renewed, engine.clock) >= heartbeat;
    if (checkpoints.length > 0 || isDue) await this.#record(isDue ? held : [], checkpoints);
  }

  async #record(renew: readonly Run[], checkpoints: readonly Checkpoint[]): Promise<void> {
    const { store, engine, ttl } = this.#parts;
    const sent = momentOn(engine.clock);
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
      const lost = new Set(answer.lost.map(({ id, token }) => this.#runOf(id, token)));
      for (const run of lost) run?.stop({ by: 'lost' });
      for (const run of renew) if (run.deadline && !lost.has(run)) extendDeadline(run.deadline, sent, trustedFor(ttl));
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
    const { runs, engine } = this.#parts;
    for (const run of runs.values())
      if (run.deadline && watchDeadline(run.deadline, engine.clock)()) run.stop({ by: 'lost' });
  }

  async #lookForWishes(): Promise<void> {
    const { runs, store, engine } = this.#parts;
    if (runs.size === 0) return;
    try {
      for (const [id, wish] of await store.waitingWishes(engine.instance)) obey(runs.get(id), wish);
    } catch (error) {
      engine.log.warn({ error }, 'the wishes could not be read');
    }
  }

  #runOf(id: number, token: number): Run | undefined {
    const run = this.#parts.runs.get(id);
    return run?.claim.lease.token === token ? run : undefined;
  }
}

function obey(run: Run | undefined, wish: AskedWish): void {
  if (wish.wish === 'nudge' && wish.anew) run?.stop({ by: 'choice' });
  else if (wish.wish === 'nudge') run?.nudge();
  else run?.stop({ by: 'wish', wish });
}
