import type { Config } from '../config/config.ts';
import type { Disk } from '../disk/disk.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import type { StepKind } from './step.ts';

/** What kinds of steps are made with. */
export interface StepParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/**
 * Every kind of step of this version, in the order in which a person is told of them. Modules are loaded here, when
 * the first step is needed; a kind loads what is large only in `run`.
 */
export async function loadStepKinds(_parts: StepParts): Promise<readonly StepKind[]> {
  return [];
}
