import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { KeptTorrents } from '../torrent/kept.ts';

/** What the qBittorrent source works with. */
export interface QbittorrentParts {
  readonly config: Config['qbittorrent'];
  /** How long it may take until peers have told what a magnet link contains, ms. */
  readonly metadataTimeout: number;
  readonly kept: KeptTorrents;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/** On every torrent of ours; another one says whose it is. */
export const ownTag = 'longhaul';

/** The tag of one download, by its uid. */
export function tagOf(uid: string): string {
  return `${ownTag}-${uid}`;
}
