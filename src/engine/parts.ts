import type { Disk } from '../disk/disk.ts';
import type { ProgressReport } from '../downloads/events.ts';
import type { StepSpec } from '../downloads/steps.ts';
import type { Log } from '../log/log.ts';
import type { Source } from '../sources/source.ts';
import type { Step } from '../steps/step.ts';
import type { StepRoom } from '../store/queue-facts.ts';
import type { SeedStore } from '../store/seed-store.ts';
import type { StepStore } from '../store/step-store.ts';
import type { AskingStore, DoingStore } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';
import type { RetryPolicy } from './outcome.ts';
import type { Volumes } from './volumes.ts';

/** What the engine works with; handed over by `instance/`. */
export interface EngineParts {
  readonly store: DoingStore &
    StepStore &
    Pick<AskingStore, 'attempts' | 'files' | 'forget' | 'get'> &
    Pick<SeedStore, 'unneededKeys'>;
  /** Throws `Failure('link')` for a source that this version does not know. */
  sourceNamed(name: string): Source;
  /** Can what this source delivered be sent to others? Left out: nothing can. */
  seeds?(source: string): boolean;
  /** Rejects with `Failure('link')` for a step that this version does not know. */
  makeStep(spec: StepSpec): Promise<Step>;
  readonly disk: Disk;
  readonly volumes: Volumes;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: EnginePolicy;
  /** This instance's uid. */
  readonly instance: string;
  /**
   * Takes a place for the steps of this download, which has its bytes in place; undefined: it has one, otherwise what is
   * left of them is to be asked of the store. Left out: there is always one.
   */
  placeForSteps?(id: number): StepRoom | undefined;
  /** Hears how each operation ended, at once; in between whoever follows looks at the runs. */
  tell?(report: ProgressReport): void;
  /** 0 ≤ r < 1, for the jitter of retries. */
  random(): number;
}

export interface EnginePolicy {
  /** Permissions of what is delivered, less the umask; left out: 0640. */
  readonly fileMode?: number;
  readonly retry: RetryPolicy;
  /** After so many bytes, or ms, what arrived is made durable and recorded. */
  readonly checkpoint: { readonly bytes: number; readonly interval: number };
  /** How long a complete torrent is sent to others, as `parseSeed` reads it, where a download says nothing else. */
  readonly seed?: string;
  /** A single file of at most so many bytes is fetched in one go (`short-file.ts`); 0: none but an empty one. */
  readonly shortFile: number;
}
