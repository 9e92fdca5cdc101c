import type { FileFacts } from '../disk/disk.ts';
import type { Download, DownloadOptions, Integrity, ResumeToken } from '../downloads/download.ts';

import type { Range } from '../downloads/ranges.ts';
import type { Deadline } from '../time/deadline.ts';

/**
 * A kind of link and how its bytes come. One implementation a folder; one conformance suite
 * (`test/contract/source.ts`) for all.
 *
 * Bytes never cross this line: a source writes through the disk port where its bytes arrive (a
 * worker thread, for some) and reports ranges. What crosses is plain data that can be cloned.
 */
export interface Source {
  readonly name: string;
  /** It creates and syncs what a target tells it to `create`. Left out: it never gets one that is not there. */
  readonly createsPartials?: true;
  /** Pure: is this a link of mine? Called with anything a person may type. */
  accepts(link: string): boolean;
  /** Pure: the normal form; equal for links that mean the same download. Throws `Failure('link')` on a malformed one. */
  keyOf(link: string): string;
  /**
   * Looks at what can be wrong with options without asking the other side (a header, a cookie file), before a
   * download is written down. Throws `Failure('link')`. Left out: there is nothing.
   */
  check?(options: DownloadOptions): Promise<void>;
  /**
   * Asks the other side what the link contains. Touches no disk; may be called any number of times.
   * A source may keep the connection it opened for the `fetch` that follows within 15 s.
   * Throws `Failure`.
   */
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<Manifest>;
  /**
   * Fetches what is missing of the targets; goes on from what is durable and may be called again
   * after any failure, also in another process. Returns at once; `transfer.done` tells the end.
   */
  fetch(request: FetchRequest): Transfer;
  /**
   * Keeps what was handed over beside a link (a .torrent) for every later `resolve`, also after a restart.
   * Idempotent. Throws `Failure`. Left out: links are enough.
   */
  keep?(link: string, content: Uint8Array): Promise<void>;
  /**
   * Sends a delivered download to others until it is closed; only reads. Returns at once; `seeding.done` tells why it
   * cannot go on. Left out: there is nobody to send it to.
   */
  seed?(request: SeedRequest): Seeding;
  /**
   * No row has this key any more: what `keep` and `fetch` left goes, too, but for what was written since `before`
   * (epoch ms), as somebody may just be adding it again. Idempotent. Throws `Failure`. Left out: nothing is left.
   */
  forget?(linkKey: string, before: number): Promise<void>;
  /** The keys of which `forget` would find something. Throws `Failure`. */
  keptKeys?(): Promise<readonly string[]>;
  /** No `fetch` of this manifest will follow: what `resolve` kept open for it is closed. Left out: it keeps nothing. */
  discard?(manifest: Manifest): void;
  /**
   * A download was given up, with what was fetched of it: what the source has of it in other programs goes, too.
   * Idempotent. Throws `Failure`. Left out: it has nothing elsewhere.
   */
  giveUp?(download: Pick<Download, 'uid' | 'linkKey' | 'directory'>, signal: AbortSignal): Promise<void>;
  /** Frees what the source holds (idle connections, its worker). Safe to call twice. */
  close(): Promise<void>;
}

export interface ResolveRequest {
  readonly link: string;
  readonly options: DownloadOptions;
  /** Absolute path of the folder the files will go to; it need not exist yet. A source touches no disk here. */
  readonly directory: string;
  /** What was handed over beside the link, where nothing is kept yet (`keep`). */
  readonly content?: Uint8Array;
  /** What was stored at the last resolve, when there is a partial to go on with; of several files the first such one. */
  readonly resume?: { readonly token: ResumeToken; readonly durable: readonly Range[] };
}

export interface Manifest {
  /** A name for people, and the folder's where there are several files; not yet a safe one. */
  readonly name: string;
  readonly files: readonly ManifestFile[];
  /** Bytes of all files that are wanted; null when the other side does not say. */
  readonly totalBytes: number | null;
  /** Facts that must hold in every later request; stored with the download. */
  readonly resumeToken: ResumeToken;
  /**
   * False: what is durable belongs to another version (or cannot be proved to belong to this one)
   * and must be given up; `reason` says why in words for the timeline.
   */
  readonly continues: boolean;
  readonly reason?: string;
  /** `sha-256=HEX`: the digest of the one file as the other side tells it; left out: it tells none that is known. */
  readonly digest?: string;
  /** For people: whether the other side can begin in the middle of a file; left out: it does not say. */
  readonly ranges?: boolean;
  /** For people: by what the version is known again, such as `ETag "abc"`; left out: by nothing. */
  readonly validator?: string;
  /** The source's own, needed by `fetch`; plain data. */
  readonly plan: unknown;
}

export interface ManifestFile {
  /** Relative path with `/`, from the other side: hostile until `safeName`d. */
  readonly path: string;
  /** Bytes; null when unknown. */
  readonly size: number | null;
  readonly main: boolean;
  /** False: nobody wants it. A source leaves it out; the choice is made of what it tells. */
  readonly selected?: boolean;
}

/** One file to write: the partial exists already, created by the engine, unless it says `create`. */
export interface FetchTarget {
  /** Position in the manifest. */
  readonly position: number;
  /** Absolute path of the partial. */
  readonly path: string;
  readonly size: number | null;
  readonly durable: readonly Range[];
  /** The higher comes first; left out: 0. */
  readonly priority?: number;
  /**
   * A short file in one go: the source creates the partial, exclusively and with this mode (as `Disk.create`), and
   * syncs the whole file before `done` resolves (`FinishedFile.synced`). Nobody flushes it but for a pause or a failure.
   */
  readonly create?: { readonly mode: number | undefined };
}

export interface FetchRequest {
  /** The download's uid: under it a source finds again what it has elsewhere. Left out: it will not be asked for again. */
  readonly uid?: string;
  readonly manifest: Manifest;
  /** Of the files that are wanted. */
  readonly targets: readonly FetchTarget[];
  readonly options: DownloadOptions;
  /** Past it nothing is written any more, and `done` rejects as `lost`; read before each write. Left out: never. */
  readonly deadline?: Deadline;
  /** Words for the timeline (a reopened connection, a slow mirror); never progress. */
  readonly onNote?: (note: string) => void;
}

export interface Transfer {
  /**
   * Resolves when every target is complete; a last `flush` makes it durable. Rejects with a `Failure`.
   * Never rejects after `close`.
   */
  readonly done: Promise<TransferEnd>;
  /** Makes what has arrived durable (fdatasync first), then tells it. Not concurrent with itself. */
  flush(): Promise<readonly FileRanges[]>;
  /** Live figures; cheap, synchronous. */
  progress(): TransferProgress;
  /** Changes limits while running. */
  tune(limits: TransferLimits): void;
  /** Re-opens connections: a person believes that it hangs. */
  nudge(): void;
  /** Stops; after it resolves nothing is written any more. Safe to call twice. */
  close(): Promise<void>;
}

export interface SeedRequest {
  readonly link: string;
  /** Those that were delivered, with their absolute final paths. */
  readonly files: readonly { readonly position: number; readonly path: string; readonly size: number }[];
}

export interface Seeding {
  /** Rejects with a `Failure` when it cannot go on; never resolves, and never rejects after `close`. */
  readonly done: Promise<never>;
  /** Live figures; cheap, synchronous. `uploaded`: bytes sent since this seeding began. */
  progress(): { readonly uploaded: number; readonly connections: number };
  /** Stops; after it resolves nothing is sent any more. Safe to call twice. */
  close(): Promise<void>;
}

export interface TransferEnd {
  readonly files: readonly FinishedFile[];
  /** What the link contains, where nobody could tell it before: in place of the manifest's files, none of which is in `files` then. */
  readonly found?: Found;
}

/** Files that a source came to know by fetching them: whole, in `workFolderFor` of its first target's partial, which is its own. */
export interface Found {
  readonly files: readonly FoundFile[];
  readonly integrity: Integrity;
  /** With it, and their durable ranges, a later resolve tells these files. */
  readonly resumeToken: ResumeToken;
}

export interface FoundFile extends ManifestFile {
  readonly size: number;
  /** Absolute path where it stands. */
  readonly at: string;
}

export interface FinishedFile {
  readonly position: number;
  /** Final size in bytes; known now even where the manifest did not say. */
  readonly size: number;
  readonly integrity: Integrity;
  /** `sha-256=HEX` and the like, where the source computed one over the whole file on the way. */
  readonly digest?: string;
  /** The file was synced after its last byte; as it is since then. */
  readonly synced?: FileFacts;
}

export interface FileRanges {
  readonly position: number;
  readonly ranges: readonly Range[];
}

export interface TransferProgress {
  /** Bytes of all targets that stand written, durable or not. */
  readonly bytes: number;
  /** Bytes that came in this run, whole pieces or not; left out: nobody counts them. */
  readonly received?: number;
  /** As far as it is known by now; left out: as the manifest says. */
  readonly totalBytes?: number;
  readonly connections: number;
  /** Where nobody knows the bytes: how much of the media they hold, ms. */
  readonly media?: { readonly current: number; readonly total: number };
}

export interface TransferLimits {
  /** Bytes/s; 0 is no limit. */
  readonly rate?: number;
  readonly connections?: number;
  /** Positions of selected files. */
  readonly selected?: readonly number[];
}
