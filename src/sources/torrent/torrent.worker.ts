import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { realDisk } from '../../disk/real-disk.ts';
import { systemClock } from '../../time/clock.ts';
import { hostSource } from '../thread/source-host.ts';
import { threadLog } from '../thread/thread-log.ts';
import { createEmbeddedTorrents } from './embedded.ts';
import { endureErrors } from './enduring.ts';
import type { TorrentWorkerData } from './torrent-thread.ts';

/** The thread in which torrents run: the library, its sockets and the files it writes. */
if (!parentPort) throw new Error('this file is the beginning of a worker thread');
const { settings, asking, pulse, codeCache } = workerData as TorrentWorkerData;
// Each thread has to ask for it. What is read from now on is the library, a megabyte of it.
if (codeCache !== undefined) enableCompileCache(codeCache);
const log = threadLog(parentPort, 'sources/torrent');
endureErrors(process, { clock: systemClock, log });
const source = createEmbeddedTorrents({ settings, asking, clock: systemClock, disk: realDisk, log });
hostSource(source, parentPort, systemClock, new Int32Array(pulse));
