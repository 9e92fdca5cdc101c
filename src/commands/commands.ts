import type { Rate } from '../config/rate.ts';
import type { Attempt, Download, DownloadFile, DownloadOptions, Live, Metadata } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import type { Failure } from '../downloads/failure.ts';
import type { Place } from '../downloads/place.ts';
import type { RetryChange } from '../downloads/retry-change.ts';
import type { Status } from '../downloads/states.ts';
import type { DownloadStep } from '../downloads/steps.ts';
import type { TidyReport } from '../downloads/tidy-report.ts';
import type { TakenBack } from '../steps/step.ts';
import type { AskedWish, Statistics } from '../store/store.ts';
import type { NoFormat } from './import/formats.ts';
import type { ImportReport, ImportRequest } from './import/import-downloads.ts';
import type { Stats } from './stats.ts';

/**
 * What a person can ask, the same beside a running engine, in another process, or (later) over the
 * network. Commands write wishes and read rows; they never move bytes.
 *
 * Throws `Failure('link')` for a malformed or unknown link, `NotFound` for an unknown reference,
 * `NotPossible` where the state forbids it, `StoreFailure` when the store cannot be used.
 */
export interface Commands {
  add(request: AddRequest): Promise<Added>;
  /**
   * Runs steps on a file that is here already, as durably as those after a download. The file stays where it is, and
   * the user's; an unfinished one of the same file with the same steps is followed. Throws `Failure`.
   */
  runSteps(request: StepsRequest): Promise<Added>;
  /** The same for many at once; what is wrong with one comes back in its place and keeps no other out. */
  addMany(requests: readonly AddRequest[]): Promise<readonly (Added | Refused)[]>;
  /** What was delivered already of what a request asks for; for whoever asks before it is downloaded again. */
  duplicate(request: AddRequest): Promise<Duplicate | undefined>;
  /**
   * The files that a Metalink (RFC 5854) names, as requests to add: of a text, or of what an `http` link
   * leads to. What a person asked for that link goes to its own origin only.
   */
  metalink(from: MetalinkRequest): Promise<readonly ListedFile[]>;
  /**
   * What a .torrent asks for, as a request to add: of its content, or of what an `http` link leads to. What a person
   * asked for that link goes to its own origin only.
   */
  torrent(from: TorrentRequest): Promise<ListedTorrent>;
  /**
   * Takes in what another program wrote down of its downloads, in what state they are; recognised by content.
   * Done twice it adds nothing. `refused`: it is nothing that is known. Throws `StoreFailure`.
   */
  importDownloads(request: ImportRequest): Promise<ImportReport | NoFormat>;
  /** What would come of `add`, asked of the other side; nothing is written down. Throws also any other `Failure`. */
  preview(request: AddRequest, signal: AbortSignal): Promise<Preview>;
  list(filter: {
    readonly statuses?: readonly Status[];
    readonly category?: string;
    readonly beforeId?: number;
    readonly limit?: number;
  }): Promise<(Download & Live)[]>;
  /** What waits, in the order in which it stands: by priority, then as moved, then as added. Pages by the `last` of a page. */
  queued(filter: {
    readonly after?: Pick<Download, 'priority' | 'position' | 'id'>;
    readonly limit?: number;
  }): Promise<Download[]>;
  /** `reference`: an id, or a uid or its beginning (8 characters or more). `timeline`: with its events. */
  show(reference: string, wanted?: { readonly timeline: boolean }): Promise<Shown>;
  /** `change`: how a `retry` differs from the tries before it; throws also `Failure('link')` for what is wrong in it. */
  control(reference: string, wish: AskedWish, change?: RetryChange): Promise<Controlled>;
  /** Changes an unfinished download's own limit, also while it runs; `default`: as configured. Throws also RangeError. */
  limit(reference: string, rate: Rate | 'default'): Promise<Download>;
  /** Changes priority, category, own limit or choice of files of an unfinished download. Throws also RangeError. */
  set(reference: string, request: SetRequest): Promise<Download>;
  /** Changes the place of a download that waits among those of its priority; `top`: before every host's. */
  move(reference: string, place: Place): Promise<Download>;
  /** Changes the limit of all downloads together, for every instance; `default`: as each has it configured. */
  limitAll(rate: Rate | 'default'): Promise<Limits>;
  limits(): Promise<Limits>;
  history(filter: { readonly limit: number }): Promise<History>;
  /**
   * Deletes where they are what the steps of a download put elsewhere; its row stays. `NotPossible` while it is at work.
   */
  takeBack(reference: string, signal: AbortSignal): Promise<readonly TakenBack[]>;
  /** Looks again at what was delivered and notes it in the timeline. `NotPossible` where nothing was. */
  verify(reference: string, signal: AbortSignal): Promise<Verification>;
  /** Downloads in which something happened since (epoch ms; left out: ever), newest first. */
  exportDownloads(filter: {
    readonly since?: number;
  }): AsyncIterable<{ readonly download: Download; readonly files: readonly DownloadFile[] }>;
  /** Releases what dead instances hold, never what a living one does; `dryRun`: only tells. */
  releaseStale(options: { readonly dryRun: boolean }): Promise<readonly StaleLock[]>;
  /** Figures over what was completed, or last changed, since (epoch ms; left out: ever). */
  stats(filter: { readonly since?: number }): Promise<Stats>;
  /** Deletes what the rules of the configuration say, and rests that nobody claims; `dryRun`: only tells. */
  tidy(options: { readonly dryRun: boolean }): Promise<TidyReport>;
}

export interface AddRequest {
  readonly link: string;
  /** The .torrent that the link stands for; kept until nobody needs it. */
  readonly torrent?: Uint8Array;
  /** Absolute path. */
  readonly directory: string;
  readonly options?: DownloadOptions;
  /** Which source fetches it (`megacmd`); left out: the first that accepts the link. */
  readonly source?: string;
  readonly metadata?: Metadata;
  /** One of the configuration's `categories`. */
  readonly category?: string;
  /** The higher goes first; left out: as the category says, or 0. */
  readonly priority?: number;
  /** The instance that alone shall run it; left out: any. */
  readonly runner?: string;
  /**
   * What is there already: left out, an unfinished download of the link is followed, and what was delivered is
   * downloaded again. `follow`: both are followed. `skip`: both are left alone. `new`: a download of its own in any case.
   */
  readonly ifExists?: IfExists;
}

export interface StepsRequest
  extends Pick<AddRequest, 'metadata' | 'category' | 'priority' | 'runner'>,
    Pick<DownloadOptions, 'keep' | 'maxTries' | 'retryWait'> {
  /** Absolute path of a file. */
  readonly path: string;
  /** Absolute path of the folder for what steps make; left out: the file's own. */
  readonly directory?: string;
  /** As typed, in their order: `convert=aac:128`. */
  readonly steps: readonly string[];
}

export interface SetRequest {
  readonly priority?: number;
  /** Null: none. */
  readonly category?: string | null;
  readonly rate?: Rate | 'default';
  /** Which of its files are wanted (`parseSelect`); null: all. */
  readonly select?: readonly string[] | null;
  /** Which of them come first (`parseFilePriorities`); null: none. */
  readonly filePriorities?: readonly string[] | null;
  /** For how long a torrent is sent to others (`parseSeed`); also of one that is completed. */
  readonly seed?: string;
}

/** A download whose holder is dead. */
export interface StaleLock {
  /** As it was while it was held. */
  readonly download: Download;
  /** Null: nobody knows it any more. */
  readonly holder: { readonly pid: number; readonly host: string; readonly role: string } | null;
}

export type IfExists = 'follow' | 'new' | 'skip';

/** A delivered download whose files still stand. */
export interface Duplicate {
  readonly download: Download;
  readonly by: 'link' | 'name and size';
}

export interface Added {
  readonly download: Download;
  /** True: it was there already, unfinished or (where that was asked for) delivered; `download` is that one. */
  readonly followed: boolean;
  /** True: it was there already and nothing more is wanted of it. */
  readonly skipped: boolean;
  /** True when some living engine will run it; false: `add` says so. */
  readonly willRun: boolean;
}

export type MetalinkRequest = Pick<AddRequest, 'directory' | 'options'> &
  ({ readonly text: string } | { readonly link: string });

export type ListedFile = Pick<AddRequest, 'link' | 'directory' | 'options'>;

export type TorrentRequest = Pick<AddRequest, 'directory' | 'options'> &
  ({ readonly content: Uint8Array } | { readonly link: string });

export type ListedTorrent = Pick<AddRequest, 'link' | 'directory' | 'options' | 'torrent'>;

/** A request that was not accepted, with the one sentence on why. */
export interface Refused {
  readonly refused: Failure;
}

export interface Preview {
  readonly link: string;
  readonly source: string;
  readonly name: string;
  readonly totalBytes: number | null;
  /** Absolute paths as they would be by now. */
  readonly files: readonly {
    readonly path: string;
    readonly size: number | null;
    readonly main: boolean;
    readonly selected: boolean;
  }[];
  /** Whether the other side can begin in the middle; null: it does not say. */
  readonly ranges: boolean | null;
  /** By what the version would be known again; null: by nothing. */
  readonly validator: string | null;
}

export interface Verification {
  readonly download: Download;
  readonly ok: boolean;
  readonly files: readonly VerifiedPart[];
}

export interface VerifiedPart {
  readonly path: string;
  readonly size: number | null;
  /** What was recorded, as `sha-256=HEX`; null: nothing was. */
  readonly digest: string | null;
  /** How far it could be checked: a digest says that every byte is right, a size says little. */
  readonly checked: 'size' | 'digest';
  /** What differs, as the end of a sentence that begins with the path; null: nothing. */
  readonly problem: string | null;
}

export interface Shown {
  readonly download: Download & Live;
  readonly files: readonly DownloadFile[];
  readonly attempts: readonly Attempt[];
  /** What is done after the bytes are in place; before that, what was asked for. */
  readonly steps: readonly DownloadStep[];
  /** Empty where the timeline was not asked for. */
  readonly events: readonly DownloadEvent[];
  /** One sentence: why it is where it is, and what happens next. */
  readonly why: string;
}

export interface Controlled {
  readonly download: Download;
  /** False: the instance that holds it has been told and will obey within a second. */
  readonly obeyed: boolean;
  /** Delivered files that were to be deleted and were not: somebody has changed or replaced them since. */
  readonly left: readonly string[];
  /** What else did not go as it should: one sentence each. */
  readonly warnings?: readonly string[];
}

/** What holds for all downloads together. Rates in bytes/s. */
export interface Limits {
  /** What counts now; 0: nothing runs. */
  readonly rate: Rate;
  /** What a person set while downloads run; left out: as configured. */
  readonly set?: Rate;
  readonly configured: Rate;
  /** The limit of a download that has none of its own. */
  readonly perDownload: Rate;
  /** The hours that hold now, until a moment (epoch ms) or (null) always. */
  readonly window: { readonly rate: Rate; readonly until: number | null } | null;
}

export interface History {
  readonly recent: readonly Download[];
  readonly statistics: Statistics;
}

/** No download has this id. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}
