import type { Download, DownloadFile, Lease } from '../downloads/download.ts';
import type { Runner } from './queue-facts.ts';

/** How far seeding has come: bytes sent, and ms during which it was offered. */
export interface Seeded {
  readonly lease: Lease;
  readonly uploaded: number;
  readonly time: number;
}

export interface SeedClaim {
  readonly download: Download;
  readonly files: readonly DownloadFile[];
  readonly lease: Lease;
}

/**
 * What torrents need, seeding above all. A seeded download is completed, so this lease is another one than that of its download, with a
 * token of its own; whoever lost it writes nothing any more.
 */
export interface SeedStore {
  /** Ids of what may be seeded by this runner and is by nobody, the oldest first. */
  toSeed(filter: Runner & { readonly now: number; readonly limit: number }): Promise<readonly number[]>;
  /** What this instance holds. */
  seedsOf(instance: string): Promise<readonly Lease[]>;
  /** Takes the lease; undefined: another was first, or it is not to be seeded any more. */
  claimSeed(id: number, instance: string, leaseUntil: number, now: number): Promise<SeedClaim | undefined>;
  /** Records how far all of them have come and renews their leases; tells those that are lost. */
  pulseSeeds(pulse: {
    readonly instance: string;
    readonly seeds: readonly Seeded[];
    readonly leaseUntil: number;
  }): Promise<readonly Lease[]>;
  /** It is enough, or cannot go on: told in an event. False: the lease is lost. */
  endSeed(seeded: Seeded, message: string, now: number): Promise<boolean>;
  /** Lets it go, for whoever may seed it. */
  releaseSeed(seeded: Seeded): Promise<void>;
  /** Of one that is downloaded: it takes no slot while it is sent nothing. Harmless: fenced, but a lost lease is not told. */
  setIdle(lease: Lease, idle: boolean): Promise<void>;
  /** Which of these keys of torrents no row has any more, in whatever state. */
  unneededKeys(keys: readonly string[]): Promise<readonly string[]>;
}
