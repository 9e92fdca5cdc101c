import { parentPort, workerData } from 'node:worker_threads';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { hostSource } from '../thread/source-host.ts';
import { threadLog } from '../thread/thread-log.ts';
import { createStreamSource } from './stream-source.ts';
import type { StreamWorkerData } from './stream-threads.ts';

/** A thread that fetches streams for the main one: sockets, pieces and files live here, and ffmpeg is started here. */
if (!parentPort) throw new Error('this file is the beginning of a worker thread');
const { config, pulse } = workerData as StreamWorkerData;
const log = threadLog(parentPort, 'sources/stream');
const source = createStreamSource({ config, clock: systemClock, disk: realDisk, log });
hostSource(source, parentPort, systemClock, new Int32Array(pulse));
