import { Worker } from 'node:worker_threads';
import type { Source } from '../source.ts';
import { deviceOf } from '../thread/device-of.ts';
import { threadSource } from '../thread/thread-source.ts';
import { isMegaLink, megaLinkKey } from './link.ts';
import type { MegaSourceOptions } from './mega-source.ts';

/** What the thread is told. */
export type MegaWorkerData = Pick<MegaSourceOptions, 'config' | 'sessionFile'> & { readonly pulse: SharedArrayBuffer };

/** MEGA as the program uses it: in threads, one for each device, since deciphering and the MAC take a processor. */
export function createMegaThreads({ config, sessionFile, clock, disk, log }: MegaSourceOptions): Source {
  const { http, hosts, mega } = config;
  return threadSource({
    name: 'mega',
    accepts: isMegaLink,
    keyOf: megaLinkKey,
    clock,
    log,
    deviceOf: (directory) => deviceOf(disk, directory),
    startWorker: (pulse) =>
      new Worker(new URL('./mega.worker.ts', import.meta.url), {
        workerData: { config: { http, hosts, mega }, sessionFile, pulse } satisfies MegaWorkerData,
        name: 'mega',
      }),
  });
}
