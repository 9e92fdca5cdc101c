import type { Attempt, Download, DownloadFile, DownloadOptions, Metadata } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import type { Status } from '../downloads/states.ts';
import type { AskedWish, Statistics } from '../store/store.ts';

/**
 * What a person can ask, the same beside a running engine, in another process, or (later) over the
 * network. Commands write wishes and read rows; they never move bytes.
 *
 * Throws `Failure('link')` for a malformed or unknown link, `NotFound` for an unknown reference,
 * `NotPossible` where the state forbids it, `StoreFailure` when the store cannot be used.
 */
export interface Commands {
  add(request: AddRequest): Promise<Added>;
  list(filter: {
    readonly statuses?: readonly Status[];
    readonly beforeId?: number;
    readonly limit?: number;
  }): Promise<Download[]>;
  /** `reference`: an id, or a uid or its beginning (8 characters or more). */
  show(reference: string): Promise<Shown>;
  control(reference: string, wish: AskedWish): Promise<Controlled>;
  history(filter: { readonly limit: number }): Promise<History>;
}

export interface AddRequest {
  readonly link: string;
  /** Absolute path. */
  readonly directory: string;
  readonly options?: DownloadOptions;
  readonly metadata?: Metadata;
  /** The instance that alone shall run it; left out: any. */
  readonly runner?: string;
  /** The same link while unfinished: `follow` that one (default), or a `new` download. */
  readonly ifExists?: 'follow' | 'new';
}

export interface Added {
  readonly download: Download;
  /** True: the link was there already, unfinished; `download` is that one. */
  readonly followed: boolean;
  /** True when some living engine will run it; false: `add` says so. */
  readonly willRun: boolean;
}

export interface Shown {
  readonly download: Download;
  readonly files: readonly DownloadFile[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly DownloadEvent[];
  /** One sentence: why it is where it is, and what happens next. */
  readonly why: string;
}

export interface Controlled {
  readonly download: Download;
  /** False: the instance that holds it has been told and will obey within a second. */
  readonly obeyed: boolean;
}

export interface History {
  readonly recent: readonly Download[];
  readonly statistics: Statistics;
}

/** No download has this id. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}
