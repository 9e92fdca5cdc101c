import { basename, join } from 'node:path';
import type { Keep } from '../config/keep.ts';
import type { Rate } from '../config/rate.ts';
import type { FailureClass } from './failure.ts';
import type { Range } from './ranges.ts';
import type { Seeding } from './seeding.ts';
import type { Status, Wish } from './states.ts';
import type { WaitingFor } from './waiting.ts';

/** How sure we are of what was delivered; `docs/design.md` explains each. */
export const integrities = ['checksum', 'validator', 'length', 'unverified'] as const;
export type Integrity = (typeof integrities)[number];

/** The caller's own data; it comes back in every event and to every step, also after a restart. */
export type Metadata = Readonly<Record<string, unknown>>;

/** What a person asked for beside the link. Serialised with the row; headers may hold secrets. */
export interface DownloadOptions {
  /** The name asked for (`-o`), before `safeName`. */
  readonly name?: string;
  /** Request headers, `Name: value`. */
  readonly headers?: readonly string[];
  /** `sha-256=HEX`, as the person gave it, already parsed once. */
  readonly checksum?: string;
  /** Connections at most, for each file. */
  readonly connections?: number;
  /** Its own limit; left out: `limits.rate_per_download` of whoever runs it. */
  readonly rate?: Rate;
  /** Tries before the download is failed; counts tries without durable progress. */
  readonly maxTries?: number;
  /** First wait between tries, ms; doubles. */
  readonly retryWait?: number;
  readonly userAgent?: string;
  readonly referer?: string;
  /** User name and password, where the link holds none; secret. */
  readonly user?: string;
  readonly password?: string;
  /** Bearer token (RFC 6750); secret. */
  readonly bearer?: string;
  /** Absolute path of a Netscape cookie file; read when it is needed, so that no cookie is stored. */
  readonly cookieFile?: string;
  /** Absolute path of a netrc file, read likewise. */
  readonly netrcFile?: string;
  /** A proxy's URL, which may hold a password, or `none`; goes before the configuration. */
  readonly proxy?: string;
  /** `sha256/BASE64` of the key that the link's host must show; other proofs are not asked for then. */
  readonly fingerprint?: string;
  /** More links for the same file, best first. */
  readonly mirrors?: readonly string[];
  /** Bytes the file must have, where somebody told. */
  readonly size?: number;
  /** Which of several files are wanted, as `parseSelect` gives it; left out: all. */
  readonly select?: readonly string[];
  /** Which of them come first, as `parseFilePriorities` gives it. */
  readonly filePriorities?: readonly string[];
  /** A torrent's pieces in order, so that a film can be watched while it comes; otherwise the rarest first. */
  readonly sequential?: boolean;
  /** How long a torrent is sent to others once it is complete, as `parseSeed` reads it; left out: as configured. */
  readonly seed?: string;
  /** Digests of the file's pieces, in order; all of `length` bytes but the last. */
  readonly pieces?: Pieces;
  /** What is done after the bytes are in place, in this order, as typed: `convert=aac:128`. */
  readonly steps?: readonly string[];
  /** What stays on disk after the last step; left out: both. */
  readonly keep?: Keep;
}

/** The same without what may be a secret; a proxy without its login. */
export function withoutSecrets(options: DownloadOptions): DownloadOptions {
  const { headers: _headers, password: _password, bearer: _bearer, proxy, ...rest } = options;
  const shown = proxy?.replace(/^([a-z0-9]+:\/\/)[^@/]*@/i, '$1');
  return shown === undefined ? rest : { ...rest, proxy: shown };
}

export interface Pieces {
  /** As in `checksum`: `sha-256`. */
  readonly algorithm: string;
  readonly length: number;
  /** Lower-case hex. */
  readonly hashes: readonly string[];
}

/**
 * Facts about the remote file that must hold in every later request, or the partial is not
 * continued. Written by a source, opaque to everybody else.
 */
export type ResumeToken = Readonly<Record<string, unknown>>;

/** Of a download that is being fetched: what its instance says of it now. Left out: it was not asked, or says nothing. */
export interface Live {
  readonly live?: {
    /** What has come, safe on disk or not. */
    readonly bytes: number;
    readonly totalBytes: number | null;
    /** Smoothed, bytes/s. */
    readonly speed: number;
    /** Expected ms to the end; null while unknown. */
    readonly eta: number | null;
  };
}

/** One row of `downloads`. Times are UTC epoch ms, sizes bytes; null is "not known (yet)". */
export interface Download {
  readonly id: number;
  /** UUIDv7: the same download on every machine. */
  readonly uid: string;
  readonly source: string;
  readonly link: string;
  /** The source's normal form of the link; equal keys are the same download. */
  readonly linkKey: string;
  readonly name: string | null;
  readonly status: Status;
  /** Asked for by a person, not yet obeyed by the holder of the lease. */
  readonly wish: Wish | null;
  readonly waitingFor: WaitingFor | null;
  /** The higher goes first. */
  readonly priority: number;
  /** Its rank inside its priority: the lower goes first. Up to 0: a person put it before everything, whatever its host. */
  readonly position: number;
  readonly category: string | null;
  /** As `hostOf` tells it of the link. */
  readonly host: string;
  readonly requestedBy: string | null;
  /** The one instance that may claim it (`get` runs only its own); null: any. */
  readonly runner: string | null;
  readonly metadata: Metadata;
  /** Absolute path of the directory it is delivered to. */
  readonly directory: string;
  readonly options: DownloadOptions;
  readonly totalBytes: number | null;
  /** Durable bytes. */
  readonly bytesDownloaded: number;
  readonly fileSize: number | null;
  /** The delivered file, or the folder of several. */
  readonly downloadPath: string | null;
  /** Where a step put it for others: an address; null: nowhere. */
  readonly resultLink: string | null;
  /** What of it is not as it was asked for, although its steps are done; null: nothing. */
  readonly warning: string | null;
  readonly resumeToken: ResumeToken | null;
  readonly integrity: Integrity | null;
  /** Tries that counted, over the download's life. */
  readonly retryCount: number;
  /** Tries since the last durable progress; what `maxTries` is compared with. */
  readonly triesInVain: number;
  readonly lastRetryAt: number | null;
  readonly nextAttemptAt: number | null;
  readonly errorClass: FailureClass | null;
  readonly errorMessage: string | null;
  readonly leaseToken: number;
  readonly lockedBy: string | null;
  readonly lockedAt: number | null;
  readonly leaseUntil: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Of a completed torrent that is, or was, sent to others; null: never. */
  readonly seeding: Seeding | null;
}

/** One row of `files`: a file of a download, on its way or delivered. */
export interface DownloadFile {
  readonly id: number;
  readonly downloadId: number;
  /** Position in the manifest, from 0. */
  readonly position: number;
  /** Relative to the download's directory; the name wanted, before a ` (2)`. */
  readonly path: string;
  readonly size: number | null;
  readonly selected: boolean;
  readonly main: boolean;
  /** Absolute path of the partial; null before the first byte. */
  readonly partialPath: string | null;
  /** Absolute final path, recorded *before* the file is published under it. */
  readonly finalPath: string | null;
  /** Ranges known to be on disk (fdatasynced before they were recorded). */
  readonly durable: readonly Range[];
  readonly digest: string | null;
  /** The delivered file's device and inode, `DEVICE:INODE`; null until it is published. */
  readonly identity: string | null;
  /** When the delivered file was last written to, by its own clock, epoch ms; null until it is published. */
  readonly modifiedAt: number | null;
  /** The position of the step that made it; null: the source delivered it. */
  readonly step: number | null;
  /** Absolute path of a file that was here before and is not ours: only `keep` may remove it. Null: it is not one. */
  readonly herePath: string | null;
}

/** One row of `attempts`: one try, by one instance, under one lease token. */
export interface Attempt {
  readonly id: number;
  readonly downloadId: number;
  readonly token: number;
  readonly instance: string;
  readonly fromBytes: number;
  readonly toBytes: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** The state it ended in, or `lost` when the lease was taken over; null while it runs. */
  readonly outcome: Status | 'lost' | null;
  readonly errorClass: FailureClass | null;
  readonly errorMessage: string | null;
}

/** The right of one instance to work on one download: every write carries it. */
export interface Lease {
  readonly id: number;
  readonly token: number;
}

/** The name of what was delivered, which may be another one than was wanted (`film (2).mkv`); until then the wanted one. */
export function shownName({
  name,
  directory,
  downloadPath,
}: Pick<Download, 'name'> & Partial<Pick<Download, 'directory' | 'downloadPath'>>): string | null {
  if (!downloadPath || (directory !== undefined && join(directory, '/').startsWith(join(downloadPath, '/'))))
    return name;
  return basename(downloadPath);
}
