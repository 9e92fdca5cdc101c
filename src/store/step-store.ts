import type { Lease } from '../downloads/download.ts';
import type { DownloadStep, OutcomeFile, StepOutcome } from '../downloads/steps.ts';
import type { StepRoom } from './queue-facts.ts';

/** A file of a step that gets its final name. */
export interface Output {
  /** Below the work folder, and so below the folder it is published in; by it the file is known. */
  readonly path: string;
  readonly main: boolean;
  readonly size: number;
  readonly finalPath: string;
  readonly identity: string;
  readonly modifiedAt: number;
}

/** A file that has another place now. */
export interface MovedFile {
  readonly from: string;
  readonly to: OutcomeFile['path'];
  readonly identity: string;
  readonly modifiedAt: number;
}

/** A file that was here before: nobody needs to fetch it, and it stays the user's. */
export interface HereFile {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  readonly identity: string;
  readonly modifiedAt: number;
}

/** What of a download stays on disk after its steps. */
export interface AfterSteps {
  /** The file, or the folder of several, that is shown; null: nothing stays. */
  readonly path: string | null;
  /** Of what is shown, bytes. */
  readonly size: number;
  /** Of all that stays and is ours. */
  readonly bytes: number;
}

/**
 * What is remembered of steps. The rows are made when a download becomes `processing`, from what its options say;
 * of a file that was here before, when it is added.
 * Every write is fenced by the lease; false: it is lost, and nothing was written.
 */
export interface StepStore {
  /** In their order; none before the bytes are in place. */
  steps(downloadId: number): Promise<DownloadStep[]>;
  /** The bytes have their final names alone; the names of the partials are free. */
  recordSettled(lease: Lease): Promise<boolean>;
  /** Gives the download back where no place for its steps is left; answers whether it did: then touch it no more. */
  waitForSteps(lease: Lease, room: StepRoom, now: number): Promise<boolean>;
  /** It runs from now on, once more. */
  beginStep(lease: Lease, position: number, now: number): Promise<boolean>;
  /** Any JSON; what the step goes on from. */
  markStep(lease: Lease, position: number, mark: unknown, now: number): Promise<boolean>;
  /**
   * What is left of a mark after what it tells of was given up; by nobody's lease, so only while the download is
   * cancelled or failed, or where the step is completed and was left with something elsewhere. False: it is not.
   */
  leaveMark(downloadId: number, position: number, mark: unknown): Promise<boolean>;
  /** It is done; what it made is still to get its final names. */
  recordOutcome(lease: Lease, position: number, outcome: StepOutcome, now: number): Promise<boolean>;
  /** The final name, recorded before it is made. */
  recordOutput(lease: Lease, position: number, output: Output, now: number): Promise<boolean>;
  /** It is over: its files stand under their final names. */
  completeStep(
    lease: Lease,
    position: number,
    done: { readonly outcome: StepOutcome; readonly moved: readonly MovedFile[] },
    now: number,
  ): Promise<boolean>;
}
