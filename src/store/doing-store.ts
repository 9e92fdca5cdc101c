import type { Download, DownloadFile, Integrity, Lease } from '../downloads/download.ts';
import type { EventKind } from '../downloads/events.ts';
import type { ErrorFacts } from '../downloads/failure.ts';
import type { Range } from '../downloads/ranges.ts';
import type { Status } from '../downloads/states.ts';
import type { RetryReason } from '../downloads/waiting.ts';
import type { AskedWish, InstanceRow } from './asking-store.ts';
import type {
  Candidate,
  CandidateFilter,
  ClaimLimits,
  Gone,
  NeededRoom,
  Room,
  Runner,
  WaitedRoom,
} from './queue-facts.ts';
import type { AfterSteps } from './step-store.ts';
import type { ManifestFacts, VerifiedFile } from './told-files.ts';

/** What the queue and the engine use. */
export interface DoingStore {
  registerInstance(instance: InstanceRow): Promise<void>;
  forgetInstance(uid: string, now: number): Promise<void>;
  /** Makes a name this registered instance's own until it is forgotten; otherwise tells the registered one that has it. */
  takeName(name: string, uid: string, now: number): Promise<InstanceRow | undefined>;
  /**
   * What stands in the queue for this runner: those whose `runner` it is, and with `anyRunner` those of nobody. In
   * turns, and only the first of each host, however many wait; of hosts and categories that are full nothing.
   */
  candidates(filter: CandidateFilter): Promise<readonly Candidate[]>;
  /** The earliest `next_attempt_at` of what may be called up for this runner; undefined when nothing waits. */
  nextDue(filter: Runner): Promise<number | undefined>;
  /** So many whose next try is due come to stand in the queue; tells how many did. */
  callUp(filter: Runner & { readonly now: number; readonly limit: number }): Promise<number>;
  /** What waits and belonged to instances that are not registered any more belongs to nobody; tells how many rows, at most `limit`. */
  freeOrphans(limit: number): Promise<number>;
  /**
   * Takes the lease (token + 1), opens an attempt, moves to downloading/processing; undefined when another was
   * first, or has taken what was left of the limits `within` which it may be.
   */
  claim(
    id: number,
    instance: string,
    leaseUntil: number,
    now: number,
    within?: ClaimLimits,
  ): Promise<Claim | undefined>;
  /**
   * What a resolve told; replaces the files when `restart` (the partial was another version). Undefined: the lease is
   * lost, or the bytes are in place already, of which nothing is given up by a resolve. Of very many files not in one
   * transaction: told again, they are whole again.
   */
  recordManifest(lease: Lease, manifest: ManifestFacts, now: number): Promise<readonly DownloadFile[] | undefined>;
  /**
   * Where the partial will stand, recorded before it is created. `taken`: another row of `files` has
   * this path (unique over all downloads). `lost`: the lease is lost.
   */
  recordPartial(lease: Lease, fileId: number, partialPath: string, now: number): Promise<'recorded' | 'taken' | 'lost'>;
  /**
   * A file was verified and is about to be published as `finalPath`: recorded before the name is made
   * (files.final_path, size, digest; downloads.integrity). Otherwise publish nothing: `stricter`, somebody has asked for
   * another checksum meanwhile; `lost`, the lease is lost.
   */
  recordVerified(
    lease: Lease,
    fileId: number,
    verified: VerifiedFile,
    now: number,
  ): Promise<'recorded' | 'stricter' | 'lost'>;
  /** Heartbeats, checkpoints and samples of all running downloads in one transaction. Tells the leases that are lost, and the wishes that wait. */
  pulse(
    pulse: Pulse,
    now: number,
  ): Promise<{ readonly lost: readonly Lease[]; readonly wishes: ReadonlyMap<number, AskedWish> }>;
  /**
   * `processing` and `completed` in one: its files stand under their final names, and nothing is left to do. All of them
   * is durable. Undefined: the lease is lost.
   */
  deliver(lease: Lease, delivered: Delivered, now: number): Promise<Download | undefined>;
  /** The one function that changes the state of a leased download; undefined: the lease is lost, touch nothing. */
  change(lease: Lease, change: Change, now: number): Promise<Download | undefined>;
  /** What downloads of other instances have still to write, in bytes, where that is known. */
  neededElsewhere(instance: string): Promise<readonly NeededRoom[]>;
  /** What downloads that have begun and wait for space have still to write, in bytes. */
  roomWaitedFor(): Promise<readonly WaitedRoom[]>;
  /**
   * Those that wait for space in one of these folders and need more than there is room for them wait on until
   * `nextAttemptAt`. Harmless: no lease, and no event, since nothing happened.
   */
  waitForSpace(rooms: ReadonlyMap<string, Room>, nextAttemptAt: number, now: number): Promise<void>;
  /** The wishes that wait for this instance. Reads only: it is asked after every change of the store. */
  waitingWishes(instance: string): Promise<ReadonlyMap<number, AskedWish>>;
  /** Evidence for the timeline. Harmless: fenced, but a lost lease is not told. */
  note(lease: Lease, kind: EventKind, detail: Readonly<Record<string, unknown>>, now: number): Promise<void>;
  /**
   * Rows whose lease holder is in `dead`, or whose lease ended before `expiredBefore`, become pending again (not a
   * retry); dead and silent instances are forgotten, so that anybody may run what waits for them.
   */
  rescue(filter: Gone & { readonly expiredBefore: number }, now: number): Promise<readonly Download[]>;
}

export interface Claim {
  readonly download: Download;
  readonly files: readonly DownloadFile[];
  readonly lease: Lease;
  readonly leaseUntil: number;
}

export interface Checkpoint {
  readonly lease: Lease;
  readonly fileId: number;
  readonly ranges: readonly Range[];
  /** How fast the download is now, bytes/s. */
  readonly speed?: number;
}

export interface Sample {
  /** `own:12`, `radarr:HASH`. */
  readonly subject: string;
  readonly at: number;
  readonly bytes: number;
  readonly total: number | null;
  readonly status: Status;
}

export interface Pulse {
  readonly instance: string;
  readonly leases: readonly Lease[];
  readonly leaseUntil: number;
  readonly checkpoints: readonly Checkpoint[];
  readonly samples: readonly Sample[];
}

/** What is in place. */
export interface Delivered {
  readonly integrity: Integrity;
  readonly downloadPath: string;
  readonly fileSize: number;
  /** What a person should know of the files: told in an event of its own. */
  readonly warning?: string;
}

/** Every way out of a leased state. */
export type Change =
  | ({ readonly to: 'processing' } & Delivered)
  /** `kept`: what stays after steps. `gaveUp`: ids of files that do not. */
  | {
      readonly to: 'completed';
      readonly kept?: AfterSteps;
      readonly gaveUp?: readonly number[];
      /** It may be sent to others: for how long (`parseSeed`) where its own options do not say. Left out: nobody could be sent it. */
      readonly seed?: string;
    }
  /** `counts`: it is a try that counts. `discard`: what is durable proved worthless and is given up (in the same transaction). */
  | {
      readonly to: 'retrying';
      readonly reason: RetryReason;
      readonly nextAttemptAt: number;
      readonly counts: boolean;
      readonly discard: boolean;
      readonly error: ErrorFacts;
    }
  | { readonly to: 'failed'; readonly error: ErrorFacts }
  | { readonly to: 'paused' }
  | { readonly to: 'cancelled' }
  /** Released by a shutdown: not a retry. */
  | { readonly to: 'pending'; readonly why: string };
