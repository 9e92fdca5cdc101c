import { parentPort, workerData } from 'node:worker_threads';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import type { Source } from '../source.ts';
import { hostSource } from '../thread/source-host.ts';
import { threadLog } from '../thread/thread-log.ts';
import type { FileSourceOptions } from './file-source.ts';
import type { FileWorkerData } from './file-threads.ts';

/** The whole of a thread of `fileThreads`: sockets and files live here. `room`: whose lines its log shows. */
export function hostFileSource(create: (parts: FileSourceOptions) => Source, room: string): void {
  if (!parentPort) throw new Error('this belongs into a worker thread');
  const { config, pulse } = workerData as FileWorkerData;
  const source = create({ config, clock: systemClock, disk: realDisk, log: threadLog(parentPort, room) });
  hostSource(source, parentPort, systemClock, new Int32Array(pulse));
}
