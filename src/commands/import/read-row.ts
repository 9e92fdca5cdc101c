import type { DownloadOptions, Integrity, Metadata } from '../../downloads/download.ts';
import type { FailureClass } from '../../downloads/failure.ts';

/** Where rows come from; part of what makes a row's uid, so a name here never changes. */
export type Origin = 'download_tracker' | 'downloads.json' | 'stalkeer' | 'aria2' | 'qbittorrent' | 'longhaul';

/** The states in which a row may come in; nobody holds what was only read. */
export type ImportedStatus = 'pending' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'cleaned';

/**
 * One download as another program wrote it down, in our words. Nothing of it was looked at yet but its
 * form: not its link, not the disk. Times are UTC epoch ms, sizes bytes; null is "not told".
 */
export interface ReadRow {
  /** The line of the file it begins on; null: it comes from a database. */
  readonly line: number | null;
  readonly origin: Origin;
  /** What the other program calls it: the same in every file that holds this download. */
  readonly key: string;
  readonly link: string | null;
  readonly status: ImportedStatus;
  readonly name: string | null;
  /** As written: may be relative to a folder that is not told. */
  readonly path: string | null;
  readonly directory: string | null;
  readonly size: number | null;
  readonly options: DownloadOptions;
  /** What has no place elsewhere, and is kept for whoever asks. */
  readonly metadata: Metadata;
  readonly error: string | null;
  readonly retryCount: number;
  readonly lastRetryAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** What only an export of Longhaul tells; its metadata is the caller's own then. */
  readonly own?: OwnFacts;
}

export interface OwnFacts {
  /** The same download on every machine. */
  readonly uid: string;
  readonly category: string | null;
  readonly requestedBy: string | null;
  readonly integrity: Integrity | null;
  readonly errorClass: FailureClass | null;
}

/** What stands in a file and cannot be saved, or only in part: the end of a sentence that begins with its place. */
export interface Unreadable {
  readonly line: number | null;
  readonly wrong: string;
}

/** Rows that are no downloads: told, and left out. */
export interface LeftOut {
  readonly leftOut: string;
  /** Left out: one. */
  readonly count?: number;
}

export type Found = ReadRow | Unreadable | LeftOut;

/** A row of which only this is known. */
export function emptyRow(line: number | null, origin: Origin, key: string): ReadRow {
  return {
    line,
    origin,
    key,
    link: null,
    status: 'paused',
    name: null,
    path: null,
    directory: null,
    size: null,
    options: {},
    metadata: {},
    error: null,
    retryCount: 0,
    lastRetryAt: null,
    startedAt: null,
    completedAt: null,
    createdAt: null,
    updatedAt: null,
  };
}
