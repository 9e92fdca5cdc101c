import { type Moment, momentOn, since } from '../time/deadline.ts';
import { HeldSeeds, type HeldSeedsParts } from './held-seeds.ts';
import { trustedFor } from './lease-keeper.ts';
import type { Service } from './service.ts';

/** How often it looks whether something is to be done, ms. */
const beat = 1000;
/** The store is asked at most so often for what has changed, ms: it changes all the time. */
const rest = 500;
/** Each one seeded holds connections and the list of its pieces; others wait until one ends. */
const mostAtOnce = 100;

export interface SeederParts extends HeldSeedsParts {
  readonly instance: string;
  /** Also what others downloaded. */
  readonly anyRunner: boolean;
  /** Lease time to live and heartbeat, ms. */
  readonly ttl: number;
  readonly heartbeat: number;
  /** Hours in which nothing may run: nothing is sent, either. */
  isClosed(): boolean;
}

/**
 * Seeds what is complete and shall be: claims it by a lease of its own, sends it until its goal is reached, and records
 * durably how far it has come. It ends with a sentence when a file is not what was delivered any more. This class says
 * when something is done, `HeldSeeds` does it.
 */
export class Seeder implements Service {
  readonly #parts: SeederParts;
  readonly #held: HeldSeeds;
  #renewed: Moment;
  #working: Promise<void> = Promise.resolve();
  #wasClosed = false;
  #isAsked = false;
  #endRest: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(parts: SeederParts) {
    this.#parts = parts;
    this.#held = new HeldSeeds(parts, (work) => this.#do(work));
    this.#renewed = momentOn(parts.clock);
  }

  async start(): Promise<void> {
    if (this.#stopped) return;
    this.#cancel ??= this.#parts.clock.every(beat, () => this.#do(() => this.#tend()));
    void this.look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#endRest?.();
    await this.#working;
    await this.#held.giveBackAll();
  }

  /** After a change of the store: something may be there to seed, or not to be seeded any more. Resolves when what is begun is done. */
  look(): Promise<void> {
    this.#isAsked = true;
    if (this.#endRest || this.#stopped) return this.#working;
    this.#isAsked = false;
    this.#do(() => this.#lookAtStore());
    this.#endRest = this.#parts.clock.after(rest, () => {
      this.#endRest = undefined;
      if (this.#isAsked) void this.look();
    });
    return this.#working;
  }

  /** One after the other. */
  #do(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: unknown) => {
      this.#parts.log.warn({ error }, 'seeding could not be looked after; it is tried again');
    });
  }

  async #lookAtStore(): Promise<void> {
    await this.#giveUpOldLeases();
    if (this.#held.size > 0) {
      const ours = await this.#parts.store.seedsOf(this.#parts.instance);
      await this.#held.keepOnly(new Map(ours.map(({ id, token }) => [id, token])));
    }
    await this.#claimMore();
  }

  async #tend(): Promise<void> {
    const { clock, heartbeat } = this.#parts;
    if (this.#parts.isClosed()) await this.#held.giveBackAll();
    await this.#giveUpOldLeases();
    await this.#held.endWhatIsDue();
    if (since(this.#renewed, clock) >= heartbeat || this.#held.size === 0) await this.#pulse();
    if (this.#held.resting().size > 0 || this.#wasClosed) await this.#claimMore();
    this.#wasClosed = this.#parts.isClosed();
  }

  /** Before anything is claimed: what others may have by now would otherwise be begun a second time here. */
  async #giveUpOldLeases(): Promise<void> {
    const { clock, ttl } = this.#parts;
    if (this.#held.size > 0 && since(this.#renewed, clock) >= trustedFor(ttl)) await this.#held.dropAll();
  }

  async #pulse(): Promise<void> {
    const { store, instance, clock, ttl } = this.#parts;
    const sent = momentOn(clock);
    if (this.#held.size === 0) {
      this.#renewed = sent;
      return;
    }
    const seeds = this.#held.figures();
    const lost = await store.pulseSeeds({ instance, seeds, leaseUntil: sent.wall + ttl });
    this.#renewed = sent;
    const gone = new Set(lost.map(({ id }) => id));
    const kept = seeds.flatMap(({ lease: { id, token } }) => (gone.has(id) ? [] : [[id, token] as const]));
    await this.#held.keepOnly(new Map(kept));
    await this.#claimMore();
  }

  async #claimMore(): Promise<void> {
    const { store, clock, instance, anyRunner, ttl } = this.#parts;
    const room = mostAtOnce - this.#held.size;
    if (room <= 0 || this.#stopped || this.#parts.isClosed()) return;
    const resting = this.#held.resting();
    const limit = room + resting.size;
    const free = await store.toSeed({ runner: instance, anyRunner, now: clock.now(), limit });
    for (const id of free.filter((each) => !resting.has(each)).slice(0, room)) {
      if (this.#stopped) return;
      if (this.#held.size === 0) this.#renewed = momentOn(clock);
      const claim = await store.claimSeed(id, instance, clock.now() + ttl, clock.now());
      if (claim) await this.#held.begin(claim);
    }
  }
}
