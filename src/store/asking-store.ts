import type { Rate } from '../config/rate.ts';
import type { Attempt, Download, DownloadFile, DownloadOptions, Metadata } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import type { ErrorFacts } from '../downloads/failure.ts';
import type { Place } from '../downloads/place.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import type { Status, Wish } from '../downloads/states.ts';
import type { Leased, QueuedFilter, Rates, SetFacts } from './queue-facts.ts';
import type { HereFile } from './step-store.ts';
import type { ManifestFacts } from './told-files.ts';

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
