import type { Rate } from '../config/rate.ts';
import type { SeedGoal } from '../config/seed.ts';
import type {
  Attempt,
  Download,
  DownloadFile,
  DownloadOptions,
  Integrity,
  Lease,
  Metadata,
} from '../downloads/download.ts';
import type { DownloadEvent, EventKind } from '../downloads/events.ts';
import type { ErrorFacts } from '../downloads/failure.ts';
import type { Place } from '../downloads/place.ts';
import type { Range } from '../downloads/ranges.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import type { Status, Wish } from '../downloads/states.ts';
import type { RetryReason } from '../downloads/waiting.ts';
import type {
  Candidate,
  CandidateFilter,
  ClaimLimits,
  Gone,
  Leased,
  NeededRoom,
  QueuedFilter,
  Rates,
  Room,
  Runner,
  SetFacts,
  WaitedRoom,
} from './queue-facts.ts';
import type { SeedStore } from './seed-store.ts';
import type { HereFile, Kept, StepStore } from './step-store.ts';
import type { TidyStore } from './tidy-store.ts';
import type { ManifestFacts, VerifiedFile } from './told-files.ts';

export type { ManifestFacts, VerifiedFile };

/**
 * Everything that is remembered, in domain words. Two wings meet here and nowhere else: one asks
 * (writes wishes, reads rows), the other does (claims rows, moves bytes).
 *
 * Promises: every operation is one transaction, with its events inside it; every write of the doing
 * wing is fenced by the lease it names and tells when that lease is lost; all times are handed in
 * (UTC epoch ms). Throws `StoreFailure` when the store cannot be used.
 */
export interface Store extends AskingStore, DoingStore, StepStore, TidyStore, SeedStore {
  /** `memory` when the real store could not be used; `server`: machines may share it. */
  readonly kind: 'file' | 'memory' | 'server';
  /** Calls back when somebody (any process) changed something; coalesced. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** What commands and pages use. */
export interface AskingStore {
  /** Adds a download, or tells the unfinished one that has the same key (`ifExists: 'follow'`). */
  add(download: NewDownload, now: number): Promise<{ readonly download: Download; readonly followed: boolean }>;
  /** Several in one transaction, in their order: for lists of links, some hundred at a time. */
  addMany(
    downloads: readonly NewDownload[],
    now: number,
  ): Promise<readonly { readonly download: Download; readonly followed: boolean }[]>;
  /**
   * Takes in what another program began or delivered: several in one transaction, each in the state it comes in.
   * By their uids a second import adds nothing.
   */
  importMany(downloads: readonly ImportedDownload[], now: number): Promise<readonly ImportOutcome[]>;
  /** What `importMany` would answer to each of them alone; writes nothing. */
  previewImport(downloads: readonly ImportedDownload[]): Promise<readonly ImportOutcome[]>;
  /**
   * What was delivered by this link, and under this name (a few, the newest first). Nothing where the link is
   * unfinished: it is not delivered, whatever it once was.
   */
  delivered(like: {
    readonly linkKey: string;
    readonly name: string | null;
  }): Promise<{ readonly byLink: Download | undefined; readonly byName: readonly Download[] }>;
  /** By id, or by a uid or an unambiguous beginning of one (8 characters or more). */
  find(reference: string): Promise<Download | undefined>;
  /** All whose uids begin like this (8 characters or more), in the order of their uids; so many at most. */
  findAll(reference: string, limit: number): Promise<Download[]>;
  get(id: number): Promise<Download | undefined>;
  /** Newest first; pages by `beforeId`. */
  list(filter: ListFilter): Promise<Download[]>;
  /** What waits, next first: by priority, then position, then id; pages by the last of a page. */
  queued(filter: QueuedFilter): Promise<Download[]>;
  statistics(): Promise<Statistics>;
  /** Sums over what was completed, or last changed, since (epoch ms; 0: ever). */
  figures(since: number): Promise<Figures>;
  files(downloadId: number): Promise<DownloadFile[]>;
  attempts(downloadId: number): Promise<Attempt[]>;
  /** Oldest first, after the cursor. */
  events(filter: {
    readonly after?: number;
    readonly downloadId?: number;
    readonly limit: number;
  }): Promise<DownloadEvent[]>;
  /** The newest event's id; 0 when there is none. */
  lastEventId(): Promise<number>;
  /**
   * A person's wish. Where nobody holds the lease it happens at once, otherwise the holder is told.
   * Throws `NotPossible` when the state does not allow it.
   */
  wish(
    id: number,
    wish: AskedWish,
    now: number,
    change?: RetryChange,
  ): Promise<{ readonly download: Download; readonly obeyed: boolean }>;
  /** Sets an unfinished download's own limit; `default` takes it away. Throws `NotPossible`. */
  limit(id: number, rate: Rate | 'default', now: number): Promise<Download>;
  /** Moves a download that waits inside its priority; up to the top it goes before every host's. Throws `NotPossible`. */
  move(id: number, place: Place, now: number): Promise<Download>;
  /**
   * Changes priority, category and choice of files of an unfinished download; who runs it begins its run again with
   * another choice. Throws `NotPossible`, and `Failure('link')` for a choice that leaves nothing.
   */
  set(id: number, facts: SetFacts, now: number): Promise<Download>;
  /** Sets the limit of all downloads together, which goes before the configuration of every instance. */
  limitAll(rate: Rate | 'default', now: number): Promise<void>;
  /** The limits that were set, and what the instances of this machine fetch now. */
  rates(host: string): Promise<Rates>;
  /** How many downloads each instance holds, by host, category and state. */
  leased(): Promise<readonly Leased[]>;
  /** Deletes the row and all that hangs on it. Refused (`NotPossible`) while leased: wish `remove` instead. */
  forget(id: number, now: number): Promise<void>;
  /** Evidence for the timeline that changes nothing, of a download that need not be leased; nothing happens when it is gone. */
  record(id: number, kind: 'verified', detail: Readonly<Record<string, unknown>>, now: number): Promise<void>;
  /** Makes `instance` the runner of an unfinished download that nobody alive runs; false when someone got it first. */
  adopt(id: number, expectedRunner: string | null, instance: string | null, now: number): Promise<boolean>;
  instances(): Promise<InstanceRow[]>;
}

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
  /** What a resolve told; replaces the files when `restart` (the partial was another version). */
  recordManifest(lease: Lease, manifest: ManifestFacts, now: number): Promise<readonly DownloadFile[] | undefined>;
  /**
   * Where the partial will stand, recorded before it is created. `taken`: another row of `files` has
   * this path (unique over all downloads). `lost`: the lease is lost.
   */
  recordPartial(lease: Lease, fileId: number, partialPath: string, now: number): Promise<'recorded' | 'taken' | 'lost'>;
  /**
   * A file was verified and is about to be published as `finalPath`: recorded before the name is made
   * (files.final_path, size, digest; downloads.integrity). False: the lease is lost, publish nothing.
   */
  recordVerified(lease: Lease, fileId: number, verified: VerifiedFile, now: number): Promise<boolean>;
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

export interface NewDownload {
  /** What is known of its files already; left out: whoever runs it asks. */
  readonly files?: Pick<ManifestFacts, 'name' | 'files'>;
  readonly source: string;
  readonly link: string;
  readonly linkKey: string;
  readonly directory: string;
  readonly options: DownloadOptions;
  readonly metadata: Metadata;
  readonly runner: string | null;
  readonly ifExists: 'follow' | 'new';
  readonly priority?: number;
  readonly category?: string;
  readonly requestedBy?: string;
  /** Nothing is to be fetched: this is what its steps work on. */
  readonly here?: HereFile;
}

/** A download that came from elsewhere, in a state that needs no holder. Times are UTC epoch ms, sizes bytes. */
export interface ImportedDownload
  extends Pick<
    Download,
    | 'uid'
    | 'source'
    | 'link'
    | 'linkKey'
    | 'name'
    | 'category'
    | 'requestedBy'
    | 'metadata'
    | 'directory'
    | 'options'
    | 'totalBytes'
    | 'fileSize'
    | 'downloadPath'
    | 'integrity'
    | 'retryCount'
    | 'lastRetryAt'
    | 'startedAt'
    | 'completedAt'
    | 'createdAt'
    | 'updatedAt'
  > {
  readonly status: Exclude<Status, 'downloading' | 'processing' | 'retrying'>;
  readonly error: ErrorFacts | null;
  /** Evidence for the timeline. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** `known`: a download of this uid is there. `followed`: its link is being downloaded already. */
export type ImportOutcome = 'added' | 'known' | 'followed';

/** A wish with what it needs to be obeyed later, by another process. */
export interface AskedWish {
  readonly wish: Wish;
  /** cancel and remove: also delete what was delivered. */
  readonly deleteFiles?: boolean;
  /** cancel: keep the partial. */
  readonly keepPartial?: boolean;
  /** nudge: it begins its run again, since what it is to do has changed. */
  readonly anew?: boolean;
}

export interface ListFilter {
  readonly statuses?: readonly Status[];
  readonly category?: string;
  readonly beforeId?: number;
  readonly limit: number;
}

export interface Statistics {
  readonly total: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  /** Bytes of all completed downloads. */
  readonly completedBytes: number;
}

/** What statistics are made of. Bytes, ms, bytes/s. */
export interface Figures {
  readonly groups: readonly {
    readonly source: string;
    readonly category: string | null;
    readonly status: Status;
    readonly count: number;
    readonly bytes: number;
    readonly retries: number;
  }[];
  /** What came to its end in the quarter of an hour that begins at `at` (epoch ms). */
  readonly ends: readonly {
    readonly at: number;
    readonly completed: number;
    readonly failed: number;
    readonly bytes: number;
  }[];
  /** Of the tries that ended. `resumes` found bytes of an earlier one; `resumed` went on from them. */
  readonly attempts: {
    readonly tries: number;
    readonly resumes: number;
    readonly resumed: number;
    readonly bytes: number;
    readonly ms: number;
    readonly peak: number;
  };
}

export interface InstanceRow {
  readonly uid: string;
  readonly host: string;
  readonly pid: number;
  /** `get`, `resume-downloads`, `serve`, `library`. */
  readonly role: string;
  readonly socketPath: string;
  readonly startedAt: number;
  readonly beatAt: number;
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
}

/** Every way out of a leased state. */
export type Change =
  | ({ readonly to: 'processing' } & Delivered)
  /** `kept`: what stays after steps. `gaveUp`: ids of files that do not. */
  | {
      readonly to: 'completed';
      readonly kept?: Kept;
      readonly gaveUp?: readonly number[];
      /** It is sent to others from now on. */
      readonly seed?: SeedGoal;
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

/** The store cannot be used: damaged beyond repair, locked, newer schema, no permission, disk full. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  /** True when only space is missing. */
  readonly full: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly full?: boolean } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.full = options.full ?? false;
  }
}

/** The state of the download does not allow what was asked; the message says why and what would. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}
