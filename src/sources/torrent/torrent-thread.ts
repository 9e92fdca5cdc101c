import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
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
  /** Where V8's compiled code is kept, if it is. */
  readonly codeCache: string | undefined;
}

export interface TorrentThreadOptions extends Omit<TorrentWorkerData, 'pulse' | 'codeCache'> {
  readonly clock: Clock;
  readonly log: Log;
}

const everyDevice = 'all';

/** The embedded engine in a thread: one for all disks, since its torrents share a port. */
export function createTorrentThread({ settings, asking, clock, log }: TorrentThreadOptions): Source {
  const folder = getCompileCacheDir();
  const codeCache = folder && dirname(folder);
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
        workerData: { settings, asking, pulse, codeCache } satisfies TorrentWorkerData,
        name: 'torrent',
      }),
  });
}
