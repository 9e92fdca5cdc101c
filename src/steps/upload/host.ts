import type { SourceFile } from './source-file.ts';

/** A file on its way to a host. */
export interface OutgoingFile {
  /** What it shall be called there; folders above it are divided by `/`. */
  readonly name: string;
  /** The same for this file of this download whenever it is asked, and for no other. */
  readonly id: string;
  readonly source: SourceFile;
}

/** What a host's work is told by, and tells. */
export interface HostRun {
  /** The last one that this host stored for this file, as it stands now on the disk; undefined: none. */
  readonly mark: unknown;
  /** Durable when it resolves. */
  keep(mark: unknown): Promise<void>;
  /** Bytes of the file that the host has taken so far; may go back. */
  sent(bytes: number): void;
  readonly signal: AbortSignal;
}

export interface Uploaded {
  /** Where others find it. */
  readonly link: string;
  /** What it is called there, by which it can be deleted; left out: by its link. */
  readonly path?: string;
  /** What a person should know of it. */
  readonly note?: string;
}

/** A file that a host took. */
export interface TakenFile extends Pick<Uploaded, 'link' | 'path'> {
  /** As it was sent. */
  readonly id: string;
  readonly size: number;
}

/**
 * A place that files are sent to. `put` may be called again after any failure and after a crash, with the last mark that
 * was kept: it looks first whether the file is there. It never takes the place of a file that it did not make, unless
 * the configuration says so. It throws `Failure`, or the signal's reason.
 */
export interface UploadHost {
  readonly name: string;
  /** Bytes. */
  readonly mostBytes: number;
  put(file: OutgoingFile, run: HostRun): Promise<Uploaded>;
  /**
   * Deletes a file that it took; one that is gone already counts as deleted, one in whose place another stands is left.
   * Throws `Failure`. Left out: it cannot.
   */
  delete?(file: TakenFile, signal: AbortSignal): Promise<void>;
  /** Where it needs nobody to delete anything: when it does so itself, such as `72h after it came`. */
  readonly deletesItself?: string;
  /** Removes what an upload left there that nobody will go on with; what is gone already is removed. Throws `Failure`. */
  giveUp?(mark: unknown, signal: AbortSignal): Promise<void>;
}
