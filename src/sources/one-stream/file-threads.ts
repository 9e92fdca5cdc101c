import type { Source } from '../source.ts';
import { deviceOf } from '../thread/device-of.ts';
import type { ThreadWorker } from '../thread/thread.ts';
import { threadSource } from '../thread/thread-source.ts';
import type { FileLinks } from './file-link.ts';
import type { FileSourceOptions } from './file-source.ts';

/** What the thread is told. */
export interface FileWorkerData {
  readonly config: FileSourceOptions['config'];
  readonly pulse: SharedArrayBuffer;
}

/** A source of single files as the program uses it: in threads, one for each device, since writing may take its time. */
export function fileThreads(
  name: string,
  links: FileLinks,
  { config, clock, disk, log }: FileSourceOptions,
  startWorker: (workerData: FileWorkerData) => ThreadWorker,
): Source {
  const { http, hosts, sftp } = config;
  return threadSource({
    name,
    accepts: links.accepts,
    keyOf: links.keyOf,
    clock,
    log,
    deviceOf: (directory) => deviceOf(disk, directory),
    startWorker: (pulse) => startWorker({ config: { http, hosts, sftp }, pulse }),
  });
}
