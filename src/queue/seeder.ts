import type { Disk } from '../disk/disk.ts';
import { asFailure, Failure } from '../downloads/failure.ts';
import { seedingEnd } from '../downloads/seeding.ts';
import type { Log } from '../log/log.ts';
import type { Seeding, Source } from '../sources/source.ts';
import type { SeedClaim, Seeded, SeedStore } from '../store/seed-store.ts';
import type { Clock } from '../time/clock.ts';
import { type Moment, momentOn, since } from '../time/deadline.ts';
import { trustedFor } from './lease-keeper.ts';
import { seedableFiles, standingOf } from './seeded-files.ts';
import type { Service } from './service.ts';

/** How often it looks whether something is to be done, ms. */
const beat = 1000;
/** The store is asked at most so often for what has changed, ms: it changes all the time. */
const rest = 500;
/** The files are looked at this often while they are sent, ms. */
const lookAtFilesEvery = 60_000;
/** What cannot be seeded for now is tried again after so many ms. */
const restAfterFailure = 60_000;
/** Each one seeded holds connections and the list of its pieces; others wait until one ends. */
const mostAtOnce = 100;

export interface SeederParts {
  readonly store: SeedStore;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly instance: string;
  /** Also what others downloaded. */
  readonly anyRunner: boolean;
  /** Lease time to live and heartbeat, ms. */
  readonly ttl: number;
  readonly heartbeat: number;
  /** True: a file that is not here is gone. False: it may stand on another machine. */
  readonly seesAll: boolean;
  /** Throws `Failure('link')` for a source that this version does not know. */
  sourceNamed(name: string): Source;
}

interface Active {
  readonly claim: SeedClaim;
  readonly seeding: Seeding;
  /** Bytes of what is sent. */
  readonly size: number;
  /** Monotonic ms. */
  readonly begunAt: number;
  lookedAt: number;
}

/**
 * Seeds what is complete and shall be: claims it by a lease of its own, sends it until its goal is reached, and records
 * durably how far it has come. It ends with a sentence when a file is not what was delivered any more.
 */
export class Seeder implements Service {
  readonly #parts: SeederParts;
  readonly #active = new Map<number, Active>();
  /** Ids, with the moment (monotonic ms) when they may be tried again. */
  readonly #resting = new Map<number, number>();
  #renewed: Moment;
  #working: Promise<void> = Promise.resolve();
  #isAsked = false;
  #endRest: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(parts: SeederParts) {
    this.#parts = parts;
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
    for (const active of [...this.#active.values()]) await this.#letGo(active).catch(() => {});
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
    if (this.#active.size > 0) {
      const held = new Map((await this.#parts.store.seedsOf(this.#parts.instance)).map(({ id, token }) => [id, token]));
      for (const active of [...this.#active.values()]) {
        const { id, token } = active.claim.lease;
        if (held.get(id) !== token) await this.#lost(active);
      }
    }
    await this.#claimMore();
  }

  async #tend(): Promise<void> {
    const { clock, ttl, heartbeat } = this.#parts;
    const age = since(this.#renewed, clock);
    if (this.#active.size > 0 && age >= trustedFor(ttl)) {
      for (const active of [...this.#active.values()]) await this.#drop(active);
    }
    for (const active of [...this.#active.values()]) await this.#endIfDue(active);
    if (age >= heartbeat || this.#active.size === 0) await this.#pulse();
    if (this.#resting.size > 0) await this.#claimMore();
  }

  async #endIfDue(active: Active): Promise<void> {
    const { goal } = active.claim.download.seeding ?? {};
    const enough = goal && seedingEnd(goal, { ...this.#seeded(active), size: active.size });
    if (enough !== undefined) return this.#end(active, enough);
    const now = this.#parts.clock.monotonic();
    if (now - active.lookedAt < lookAtFilesEvery) return;
    active.lookedAt = now;
    await this.#endIfChanged(active);
  }

  /** True: it was, and has ended or rests. */
  async #endIfChanged(active: Active): Promise<boolean> {
    const found = await standingOf(this.#parts, active.claim.files);
    if (found === undefined) return false;
    if (found === 'unreachable') await this.#letGo(active);
    else await this.#end(active, found);
    return true;
  }

  async #pulse(): Promise<void> {
    const { store, instance, clock, ttl } = this.#parts;
    const sent = momentOn(clock);
    if (this.#active.size === 0) {
      this.#renewed = sent;
      return;
    }
    const seeds = [...this.#active.values()].map((active) => this.#seeded(active));
    const lost = await store.pulseSeeds({ instance, seeds, leaseUntil: sent.wall + ttl });
    this.#renewed = sent;
    for (const { id, token } of lost) {
      const active = this.#active.get(id);
      if (active?.claim.lease.token === token) await this.#lost(active);
    }
    await this.#claimMore();
  }

  async #claimMore(): Promise<void> {
    const { store, clock, instance, anyRunner } = this.#parts;
    const now = clock.monotonic();
    for (const [id, until] of this.#resting) if (until <= now) this.#resting.delete(id);
    const room = mostAtOnce - this.#active.size;
    if (room <= 0 || this.#stopped) return;
    const limit = room + this.#resting.size;
    const free = await store.toSeed({ runner: instance, anyRunner, now: clock.now(), limit });
    for (const id of free.filter((each) => !this.#resting.has(each)).slice(0, room)) await this.#begin(id);
  }

  async #begin(id: number): Promise<void> {
    const { store, clock, instance, ttl, log } = this.#parts;
    if (this.#stopped) return;
    if (this.#active.size === 0) this.#renewed = momentOn(clock);
    const claim = await store.claimSeed(id, instance, clock.now() + ttl, clock.now());
    if (!claim) return;
    const found = await standingOf(this.#parts, claim.files);
    if (found === 'unreachable') return this.#rest(claim);
    if (found !== undefined) return this.#record(claim, found);
    try {
      const active = this.#start(claim);
      log.info({ download: id }, 'seeding');
      active.seeding.done.catch((error: unknown) => this.#do(() => this.#failed(active, asFailure(error))));
    } catch (error) {
      await this.#record(claim, asFailure(error).message);
    }
  }

  /** Throws `Failure`. */
  #start(claim: SeedClaim): Active {
    const { clock } = this.#parts;
    const { link, source } = claim.download;
    const files = seedableFiles(claim.files);
    const seeding = this.#parts.sourceNamed(source).seed?.({ link, files });
    if (!seeding) throw new Failure('link', `what ${source} downloads cannot be seeded`);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const active = { claim, seeding, size, begunAt: clock.monotonic(), lookedAt: clock.monotonic() };
    this.#active.set(claim.lease.id, active);
    return active;
  }

  async #failed(active: Active, failure: Failure): Promise<void> {
    if (this.#active.get(active.claim.lease.id) !== active) return;
    this.#parts.log.info({ download: active.claim.lease.id, error: failure }, 'seeding stopped');
    if (await this.#endIfChanged(active)) return;
    if (failure.retry.when === 'never') await this.#end(active, failure.message);
    else await this.#letGo(active);
  }

  #seeded({ claim, seeding, begunAt }: Active): Seeded {
    const before = claim.download.seeding;
    return {
      lease: claim.lease,
      uploaded: (before?.uploaded ?? 0) + seeding.progress().uploaded,
      time: (before?.time ?? 0) + this.#parts.clock.monotonic() - begunAt,
    };
  }

  async #end(active: Active, message: string): Promise<void> {
    await this.#drop(active);
    await this.#parts.store.endSeed(this.#seeded(active), message, this.#parts.clock.now());
  }

  /** It may be seeded again, here after a while. */
  async #letGo(active: Active): Promise<void> {
    await this.#drop(active);
    this.#restFor(active.claim.lease.id);
    await this.#parts.store.releaseSeed(this.#seeded(active));
  }

  async #rest(claim: SeedClaim): Promise<void> {
    this.#restFor(claim.lease.id);
    await this.#parts.store.releaseSeed(untouched(claim));
  }

  async #record(claim: SeedClaim, message: string): Promise<void> {
    await this.#parts.store.endSeed(untouched(claim), message, this.#parts.clock.now());
  }

  #restFor(id: number): void {
    this.#resting.set(id, this.#parts.clock.monotonic() + restAfterFailure);
  }

  /** Somebody paused or ended it, or has it now; how far it came counts unless somebody has claimed it since. */
  async #lost(active: Active): Promise<void> {
    await this.#drop(active);
    await this.#parts.store.releaseSeed(this.#seeded(active));
  }

  /** Nothing is sent any more. */
  async #drop(active: Active): Promise<void> {
    this.#active.delete(active.claim.lease.id);
    await active.seeding.close();
  }
}

function untouched({ lease, download }: SeedClaim): Seeded {
  return { lease, uploaded: download.seeding?.uploaded ?? 0, time: download.seeding?.time ?? 0 };
}
