import type { Disk } from '../disk/disk.ts';
import type { Download } from '../downloads/download.ts';
import type { Retention } from '../downloads/retention.ts';
import type { Sidecar } from '../downloads/sidecar.ts';
import type { StepSpec } from '../downloads/steps.ts';
import type { TidyAction } from '../downloads/tidy-report.ts';
import type { Log } from '../log/log.ts';
import type { Source } from '../sources/source.ts';
import type { SeedStore } from '../store/seed-store.ts';
import type { StepStore } from '../store/step-store.ts';
import type { AskingStore } from '../store/store.ts';
import type { ChoreTurn, TidyStore } from '../store/tidy-store.ts';
import type { Clock } from '../time/clock.ts';

export interface TidyParts {
  readonly store: TidyStore &
    Pick<AskingStore, 'files' | 'get'> &
    Pick<SeedStore, 'unneededKeys'> &
    Pick<StepStore, 'leaveMark'>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** This instance's uid: who has the turn. */
  readonly instance: string;
  readonly rules: TidyRules;
  /**
   * True: every file that the store knows was delivered on this machine, so one that is not there is gone. False: it
   * may stand on another machine.
   */
  readonly seesAll: boolean;
  /** What a source has of a download in other programs goes. Throws `Failure`. Left out: no source has anything there. */
  giveUpElsewhere?(download: Download): Promise<void>;
  /** What a step with this mark began elsewhere goes; answers what is left of the mark. Throws `Failure`. Left out: none begins anything. */
  giveUpStep?(spec: StepSpec, mark: unknown, signal: AbortSignal): Promise<unknown>;
  /** Whether there is something to give up, for a dry run; nobody is asked. Left out: there is not. */
  hasBegun?(spec: StepSpec, mark: unknown): Promise<boolean>;
  /** Who keeps something for links. Left out: nobody. */
  keepers?(): Promise<readonly Pick<Source, 'forget' | 'keptKeys'>[]>;
  /** The sidecars in a folder that this user wrote, each with its path; none where the folder cannot be read. */
  sidecarsIn(folder: string): Promise<readonly { readonly path: string; readonly sidecar: Sidecar }[]>;
}

export interface TidyRules {
  readonly retention: Retention;
  /** Ms; left out: what failed downloads fetched is kept. */
  readonly partialsAfter?: number;
  /** Ms; left out: rows are kept. */
  readonly forgetFailedAfter?: number;
}

/** How much is looked at: after a completion only what was delivered. */
export interface TidyScope {
  readonly work: boolean;
  /** Also deletes old partials of downloads that this store never knew; otherwise they are only told of. */
  readonly unknown: boolean;
  readonly dryRun: boolean;
}

/** One run of it, as its workers see it. */
export interface TidyRun extends TidyParts {
  readonly turn: ChoreTurn;
  readonly scope: TidyScope;
  readonly signal: AbortSignal;
  /** Says what was done. */
  tell(action: TidyAction): void;
}
