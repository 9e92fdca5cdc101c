import { parentPort, workerData } from 'node:worker_threads';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { hostSource } from '../thread/source-host.ts';
import { threadLog } from '../thread/thread-log.ts';
import { createMegaSource } from './mega-source.ts';
import type { MegaWorkerData } from './mega-threads.ts';

/** A thread that downloads from MEGA for the main one: sockets, ciphers and files live here. */
if (!parentPort) throw new Error('this file is the beginning of a worker thread');
const { config, sessionFile, pulse } = workerData as MegaWorkerData;
const log = threadLog(parentPort, 'sources/mega');
const source = createMegaSource({ config, sessionFile, clock: systemClock, disk: realDisk, log });
hostSource(source, parentPort, systemClock, new Int32Array(pulse));
