import type { Metadata } from '../downloads/download.ts';

/**
 * Work after the bytes are in place: convert, upload, extract, …
 *
 * Promises of every step:
 * - It is idempotent: `run` may be called again after any failure, also in another process after a crash in the
 *   middle, with the last mark that was stored.
 * - One that acts on the outside world stores its intent (`report.mark`) before and tells its result after.
 * - What it makes it writes into `context.work`, under the name (and below the folders) it shall have; the runner
 *   publishes it like a download: synced, given its name in `context.directory` without ever replacing a file, and
 *   recorded before and after. It changes and removes none of `context.files`, unless that is what it is for (`move`).
 * - It ends soon after `signal` is aborted, by rejecting with anything; what it threw is not looked at then.
 * - It throws a `Failure`, whose class says whether to try again; the runner names the step in front of the message.
 */
export interface Step {
  readonly kind: string;
  /** `mark`: the last one this step stored for this download (`undefined`: none); whatever JSON it handed in. */
  run(context: StepContext, mark: unknown, report: StepReport, signal: AbortSignal): Promise<StepResult>;
  /**
   * Removes what it began elsewhere and nobody will go on with, as far as its mark tells of it, and answers what is left
   * of the mark (the same one: nothing was begun). May be called again, also while nothing runs. Throws `Failure` where
   * it cannot be removed now. Left out: it begins nothing elsewhere.
   */
  giveUp?(mark: unknown, signal: AbortSignal): Promise<unknown>;
  /** Would `giveUp` have something to ask for? It asks nobody itself. Left out: never. */
  hasBegun?(mark: unknown): Promise<boolean>;
  /**
   * Removes what it put elsewhere, as far as its mark tells of it, and may be called again: what is gone already is
   * removed. Left out: it puts nothing elsewhere.
   */
  takeBack?(mark: unknown, signal: AbortSignal): Promise<readonly TakenBack[]>;
}

/** What was put elsewhere, and why it is still there; without `left` it is gone. */
export interface TakenBack {
  readonly link: string;
  readonly left?: string;
  /** What a person should know of it. */
  readonly note?: string;
}

/** What a step is given. Everything in it is the same again after a crash. */
export interface StepContext {
  readonly uid: string;
  /** The name of the main file that was delivered. */
  readonly name: string;
  readonly category: string | undefined;
  /** The caller's own. */
  readonly metadata: Metadata;
  /** Masked where it holds secrets: to be shown and sent to others. */
  readonly link: string;
  /** What the download, or the step before, delivered. */
  readonly files: readonly StepFile[];
  /** Where an earlier step put them for others; undefined: nowhere yet. */
  readonly resultLink: string | undefined;
  /** Absolute path of the folder in which results are published. */
  readonly directory: string;
  /** Private folder of this step, on the volume of `directory`. It is there, survives a crash, and goes after success. */
  readonly work: string;
}

export interface StepFile {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly main: boolean;
}

export interface StepReport {
  /** Cheap, synchronous, as often as one likes: who shows it takes care of the rate. */
  progress(progress: StepProgress): void;
  /** Any JSON; durable when it resolves. Rejects when the lease is lost: then do nothing more. */
  mark(mark: unknown): Promise<void>;
  /** Words for the timeline; never progress, never a secret. */
  note(text: string): void;
}

/** How far it is; percentage, speed and time left are made of it by whoever follows. */
export interface StepProgress {
  readonly current: number;
  /** Null while unknown. */
  readonly total: number | null;
  /** `ms`: of media; the speed is then how many times faster than playing. */
  readonly unit: 'bytes' | 'ms' | 'files';
  /** What it is at, for people: `second pass`. */
  readonly message?: string;
}

export interface StepResult {
  /**
   * What there is for the next step; left out: the same as before. What lies in `work` is published by the runner;
   * what lies elsewhere is where it shall be.
   */
  readonly files?: readonly StepFile[];
  /** `files` are the ones it was given, at another place (`move`): the old paths are gone. */
  readonly moved?: boolean;
  /** Where others find it: an address. */
  readonly link?: string;
  /** One sentence for people. */
  readonly note?: string;
  /** One sentence on what is not as it was asked for, although the step is done: it stands with the download. */
  readonly warning?: string;
  /** What it began elsewhere and did not need could not be removed now: `giveUp` is called with its mark until it could. */
  readonly leftElsewhere?: true;
}

/** One factory a kind; made by `loadStepKinds` with what it needs. */
export interface StepKind {
  readonly kind: string;
  /** As a person types it: `convert=aac:128`. */
  readonly example: string;
  /** Reads the text after `kind=`; touches nothing. Throws `Failure('link')` that names what is allowed. */
  make(options: string): Step;
}
