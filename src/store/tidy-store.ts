import type { Download, DownloadFile } from '../downloads/download.ts';
import type { Kept, KeptTotals, RetentionReason } from '../downloads/retention.ts';
import type { DownloadStep } from '../downloads/steps.ts';

/** One of all processes does a chore at a time; its turn ends with it, or when it was not held for long. */
export interface ChoreTurn {
  readonly chore: string;
  /** Who has the turn: unique over all processes. */
  readonly owner: string;
}

/** A download with its files. */
export interface DownloadWithFiles {
  readonly download: Download;
  readonly files: readonly DownloadFile[];
}

/** Epoch ms. */
export interface GivenUpBefore {
  readonly cancelled: number;
  readonly failed: number;
  /** Their rows are forgotten, too: nothing is kept of them. */
  readonly ended: number;
}

/** A partial that was found in a folder, with the uid that its sidecar names. */
export interface Stray {
  readonly uid: string;
  readonly partialPath: string;
}

/**
 * Whose such a partial is: `claimed` by a row, or of an `unfinished` download; of one that has `ended` and does not
 * claim it, or was `removed`: a rest. `unknown`: no such download was ever here.
 */
export type Whose = 'claimed' | 'unfinished' | 'ended' | 'removed' | 'unknown';

/**
 * What keeping order needs. Whatever gives something up needs the turn, and records it before anything is removed
 * from disk, so a crash in between leaves a file too many and never one too few; it answers undefined or false, and
 * changes nothing, when the turn was lost or the row is no longer as it was.
 */
export interface TidyStore {
  /** False: somebody else has it, and held it after `stale` (epoch ms). */
  takeTurn(turn: ChoreTurn, stale: number, now: number): Promise<boolean>;
  /** Says that its owner still lives; false: the turn was lost. */
  holdTurn(turn: ChoreTurn, now: number): Promise<boolean>;
  endTurn(turn: ChoreTurn, now: number): Promise<void>;

  /** What was delivered and is in the care of retention, by category. */
  keptTotals(): Promise<readonly KeptTotals[]>;
  kept(): Promise<readonly Kept[]>;
  /**
   * `completed` → `cleaned`; then its files are to be removed and `filesRemoved` told. `taken`: a later
   * delivery has the name of one of its files.
   */
  clean(
    turn: ChoreTurn,
    id: number,
    reason: RetentionReason,
    now: number,
  ): Promise<DownloadWithFiles | 'taken' | undefined>;
  /** Cleaned, and their files are still to be removed. */
  toRemove(): Promise<readonly DownloadWithFiles[]>;
  filesRemoved(id: number): Promise<void>;
  /** What became of its files is the user's: retention neither counts nor removes them any more. Told in an event. */
  letGo(turn: ChoreTurn, id: number, found: 'gone' | 'changed', message: string, now: number): Promise<void>;

  /** Failed before this moment (epoch ms), with something fetched on disk. */
  failedWork(before: number): Promise<readonly DownloadWithFiles[]>;
  /** Gives up what a download that failed before this moment has fetched; tells its files as they were. */
  giveUpWork(turn: ChoreTurn, id: number, before: number, now: number): Promise<readonly DownloadFile[] | undefined>;
  /** Failed or cancelled before this moment; oldest first. */
  endedBefore(before: number, limit: number): Promise<readonly Download[]>;
  /** Deletes the row of one that failed or was cancelled before this moment; tells its files as they were. */
  forgetEnded(turn: ChoreTurn, id: number, before: number, now: number): Promise<readonly DownloadFile[] | undefined>;

  /** Steps with a mark that are not completed, of downloads that were cancelled (but to be kept) or failed before these moments. */
  stepsGivenUp(before: GivenUpBefore): Promise<readonly { readonly downloadId: number; readonly step: DownloadStep }[]>;

  /** Every folder in which a partial may stand that was made on this machine. */
  workFolders(): Promise<readonly string[]>;
  /** In the order asked. */
  whoseWork(strays: readonly Stray[]): Promise<readonly Whose[]>;
}
