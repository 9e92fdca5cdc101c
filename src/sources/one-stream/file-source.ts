import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';

/** What a source of single files works with. */
export interface FileSourceOptions {
  readonly config: Pick<Config, 'http' | 'hosts' | 'sftp'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}
