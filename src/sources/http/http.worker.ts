import { parentPort, workerData } from 'node:worker_threads';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { hostSource } from '../thread/source-host.ts';
import { threadLog } from '../thread/thread-log.ts';
import { createHttpSource } from './http-source.ts';
import type { HttpWorkerData } from './http-threads.ts';

/** A thread that downloads over HTTP for the main one: sockets and files live here. */
if (!parentPort) throw new Error('this file is the beginning of a worker thread');
const { config, hosts, pulse } = workerData as HttpWorkerData;
const log = threadLog(parentPort);
const source = createHttpSource({ config, hosts, clock: systemClock, disk: realDisk, log });
hostSource(source, parentPort, systemClock, new Int32Array(pulse));
