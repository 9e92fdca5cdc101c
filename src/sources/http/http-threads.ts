import { Worker } from 'node:worker_threads';
import type { Config } from '../../config/config.ts';
import type { Source } from '../source.ts';
import { deviceOf } from '../thread/device-of.ts';
import { threadSource } from '../thread/thread-source.ts';
import { AskerFiles } from './asker-files.ts';
import type { HttpSourceOptions } from './http-source.ts';
import { isWebLink, linkKey } from './link.ts';

/** What the thread is told. */
export interface HttpWorkerData {
  readonly config: Config['http'];
  readonly hosts: Config['hosts'];
  readonly pulse: SharedArrayBuffer;
}

/** The HTTP source as the program uses it: in threads, one for each device that is written to. */
export function createHttpThreads({ config, hosts = {}, clock, disk, log }: HttpSourceOptions): Source {
  const files = new AskerFiles(disk);
  return threadSource({
    name: 'http',
    createsPartials: true,
    accepts: isWebLink,
    keyOf: linkKey,
    check: (options) => files.check(options),
    clock,
    log,
    deviceOf: (directory) => deviceOf(disk, directory),
    startWorker: (pulse) =>
      new Worker(new URL('./http.worker.ts', import.meta.url), {
        workerData: { config, hosts, pulse } satisfies HttpWorkerData,
        name: 'http',
      }),
  });
}
