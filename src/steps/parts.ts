import type { Config } from '../config/config.ts';
import type { Disk } from '../disk/disk.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';

/** What kinds of steps are made with. */
export interface StepParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}
