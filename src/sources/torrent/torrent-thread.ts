import { Worker } from 'node:worker_threads';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { AskerOptions } from '../http/asker.ts';
import type { Source } from '../source.ts';
import { threadSource } from '../thread/thread-source.ts';
import { isTorrentLink, torrentKey } from './magnet.ts';
import type { TorrentSettings } from './settings.ts';

/** What the thread is told. */
export interface TorrentWorkerData {
  readonly settings: TorrentSettings;
  readonly asking: Pick<AskerOptions, 'config' | 'hosts'>;
  readonly pulse: SharedArrayBuffer;
}

export interface TorrentThreadOptions extends Omit<TorrentWorkerData, 'pulse'> {
  readonly clock: Clock;
  readonly log: Log;
}

const everyDevice = 'all';

/** The embedded engine in a thread: one for all disks, since its torrents share a port. */
export function createTorrentThread({ settings, asking, clock, log }: TorrentThreadOptions): Source {
  return threadSource({
    name: 'torrent',
    accepts: isTorrentLink,
    keyOf: torrentKey,
    check: async () => {},
    clock,
    log,
    deviceOf: async () => everyDevice,
    seedsIn: everyDevice,
    startWorker: (pulse) =>
      new Worker(new URL('./torrent.worker.ts', import.meta.url), {
        workerData: { settings, asking, pulse } satisfies TorrentWorkerData,
        name: 'torrent',
      }),
  });
}
