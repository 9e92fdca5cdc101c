import type { Integrity, ResumeToken } from '../downloads/download.ts';

/** What a source told of a download's files. Sizes in bytes. */
export interface ManifestFacts {
  /** Which source fetches it from now on; left out: the same as before. */
  readonly source?: string;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly resumeToken: ResumeToken;
  readonly files: readonly {
    readonly path: string;
    readonly size: number | null;
    readonly main: boolean;
    /** Left out: true. */
    readonly selected?: boolean;
  }[];
  /** True: give up what is durable; the old rows of `files` go. */
  readonly restart: boolean;
  /** Where the partial of the only file will stand, which nobody else can want: recorded as `recordPartial` does. */
  readonly partialPath?: string;
  readonly reason?: string;
  /** True: they are other files than were told before, without anything being given up; the old rows of `files` go. */
  readonly replaces?: true;
}

export interface VerifiedFile {
  readonly finalPath: string;
  readonly size: number;
  readonly integrity: Integrity;
  /** `sha-256=HEX`, where one was computed. */
  readonly digest: string | null;
  readonly identity: string;
  /** By its file system's clock, epoch ms. */
  readonly modifiedAt: number;
  /** What a person asked for, and it was held against; null: nobody did. Left out: of this file nobody asks it. */
  readonly checksum?: string | null;
}
