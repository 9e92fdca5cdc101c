import type { Disk } from '../disk/disk.ts';
import { asFailure, Failure } from '../downloads/failure.ts';
import { seedingEnd } from '../downloads/seeding.ts';
import type { Log } from '../log/log.ts';
import type { Seeding, Source } from '../sources/source.ts';
import type { SeedClaim, Seeded, SeedStore } from '../store/seed-store.ts';
import type { Clock } from '../time/clock.ts';
import { seedableFiles, standingOf } from './seeded-files.ts';

/** The files are looked at this often while they are sent, ms. */
const lookAtFilesEvery = 60_000;
/** What cannot be seeded for now is tried again after so many ms. */
const restAfterFailure = 60_000;

export interface HeldSeedsParts {
  readonly store: SeedStore;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** True: a file that is not here is gone. False: it may stand on another machine. */
  readonly seesAll: boolean;
  /** Throws `Failure('link')` for a source that this version does not know. */
  sourceNamed(name: string): Source;
}

interface Held {
  readonly claim: SeedClaim;
  readonly seeding: Seeding;
  /** Bytes of what is sent. */
  readonly size: number;
  /** Monotonic ms. */
  readonly begunAt: number;
  lookedAt: number;
}

/** What this instance seeds: each is begun, measured and given back here, and how far it came recorded with that. */
export class HeldSeeds {
  readonly #parts: HeldSeedsParts;
  readonly #held = new Map<number, Held>();
  /** Ids, with the moment (monotonic ms) when they may be tried again. */
  readonly #resting = new Map<number, number>();
  /** One after the other, with all else that is done here. */
  readonly #later: (work: () => Promise<void>) => void;

  constructor(parts: HeldSeedsParts, later: (work: () => Promise<void>) => void) {
    this.#parts = parts;
    this.#later = later;
  }

  get size(): number {
    return this.#held.size;
  }

  /** How far each has come. */
  figures(): readonly Seeded[] {
    return [...this.#held.values()].map((held) => this.#seeded(held));
  }

  /** Those that may not be tried yet. */
  resting(): ReadonlySet<number> {
    const now = this.#parts.clock.monotonic();
    for (const [id, until] of this.#resting) if (until <= now) this.#resting.delete(id);
    return new Set(this.#resting.keys());
  }

  /** It was claimed. Never rejects because of what is claimed: that ends its seeding with a sentence, or rests. */
  async begin(claim: SeedClaim): Promise<void> {
    const found = await standingOf(this.#parts, claim.files);
    if (found !== undefined) return this.#tellEnd(found, untouched(claim));
    try {
      const held = this.#start(claim);
      this.#parts.log.info({ download: claim.lease.id }, 'seeding');
      held.seeding.done.catch((error: unknown) => this.#later(() => this.#failed(held, asFailure(error))));
    } catch (error) {
      await this.#tellEnd(asFailure(error).message, untouched(claim));
    }
  }

  /** Ends what has been sent enough, or is not what was delivered any more. */
  async endWhatIsDue(): Promise<void> {
    for (const held of this.#held.values()) await this.#endIfDue(held);
  }

  /** Gives up what others hold by now: `kept` are the ids that are still ours, with their tokens. How far it came counts unless somebody has claimed it since. */
  async keepOnly(kept: ReadonlyMap<number, number>): Promise<void> {
    for (const held of this.#held.values()) {
      const { id, token } = held.claim.lease;
      if (kept.get(id) !== token) await this.#giveBack(held);
    }
  }

  /** Whoever may seed it may have it. */
  async giveBackAll(): Promise<void> {
    for (const held of this.#held.values()) await this.#giveBack(held).catch(() => {});
  }

  /** Nothing is sent any more, and nothing said: the leases may be over. */
  async dropAll(): Promise<void> {
    for (const held of this.#held.values()) await this.#drop(held);
  }

  async #endIfDue(held: Held): Promise<void> {
    const { goal } = held.claim.download.seeding ?? {};
    const enough = goal && seedingEnd(goal, { ...this.#seeded(held), size: held.size });
    if (enough !== undefined) return this.#end(held, enough);
    const now = this.#parts.clock.monotonic();
    if (now - held.lookedAt < lookAtFilesEvery) return;
    held.lookedAt = now;
    await this.#endIfChanged(held);
  }

  /** True: it was, and has ended or rests. */
  async #endIfChanged(held: Held): Promise<boolean> {
    const found = await standingOf(this.#parts, held.claim.files);
    if (found === undefined) return false;
    await this.#end(held, found);
    return true;
  }

  /** Throws `Failure`. */
  #start(claim: SeedClaim): Held {
    const { clock } = this.#parts;
    const { link, source } = claim.download;
    const files = seedableFiles(claim.files);
    const seeding = this.#parts.sourceNamed(source).seed?.({ link, files });
    if (!seeding) throw new Failure('link', `what ${source} downloads cannot be seeded`);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const held = { claim, seeding, size, begunAt: clock.monotonic(), lookedAt: clock.monotonic() };
    this.#held.set(claim.lease.id, held);
    return held;
  }

  async #failed(held: Held, failure: Failure): Promise<void> {
    if (this.#held.get(held.claim.lease.id) !== held) return;
    this.#parts.log.info({ download: held.claim.lease.id, error: failure }, 'seeding stopped');
    if (await this.#endIfChanged(held)) return;
    await this.#end(held, failure.retry.when === 'never' ? failure.message : 'unreachable');
  }

  #seeded({ claim, seeding, begunAt }: Held): Seeded {
    const before = claim.download.seeding;
    return {
      lease: claim.lease,
      uploaded: (before?.uploaded ?? 0) + seeding.progress().uploaded,
      time: (before?.time ?? 0) + this.#parts.clock.monotonic() - begunAt,
    };
  }

  async #end(held: Held, why: string): Promise<void> {
    await this.#drop(held);
    await this.#tellEnd(why, this.#seeded(held));
  }

  /** What cannot be reached now may be seeded again, here after a while. */
  async #tellEnd(why: string, seeded: Seeded): Promise<void> {
    const { store, clock } = this.#parts;
    if (why !== 'unreachable') return void (await store.endSeed(seeded, why, clock.now()));
    this.#resting.set(seeded.lease.id, clock.monotonic() + restAfterFailure);
    await store.releaseSeed(seeded);
  }

  async #giveBack(held: Held): Promise<void> {
    await this.#drop(held);
    await this.#parts.store.releaseSeed(this.#seeded(held));
  }

  async #drop(held: Held): Promise<void> {
    this.#held.delete(held.claim.lease.id);
    await held.seeding.close();
  }
}

function untouched({ lease, download }: SeedClaim): Seeded {
  return { lease, uploaded: download.seeding?.uploaded ?? 0, time: download.seeding?.time ?? 0 };
}
