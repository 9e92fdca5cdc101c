import { Worker } from 'node:worker_threads';
import type { Config } from '../../config/config.ts';
import { linkKey } from '../http/link.ts';
import type { Source } from '../source.ts';
import { deviceOf } from '../thread/device-of.ts';
import { threadSource } from '../thread/thread-source.ts';
import type { StreamSourceOptions } from './stream-source.ts';

/** What the thread is told. */
export interface StreamWorkerData {
  readonly config: StreamSourceOptions['config'];
  readonly pulse: SharedArrayBuffer;
}

/** Streams as the program uses them: in threads, one for each device, since pieces are large and are written whole. */
export function createStreamThreads({
  config,
  clock,
  disk,
  log,
}: Omit<StreamSourceOptions, 'config'> & { readonly config: Config }): Source {
  const { http, hosts, ffmpeg, downloads } = config;
  return threadSource({
    name: 'stream',
    accepts: () => false,
    keyOf: linkKey,
    clock,
    log,
    deviceOf: (directory) => deviceOf(disk, directory),
    startWorker: (pulse) =>
      new Worker(new URL('./stream.worker.ts', import.meta.url), {
        workerData: { config: { http, hosts, ffmpeg, downloads }, pulse } satisfies StreamWorkerData,
        name: 'stream',
      }),
  });
}
