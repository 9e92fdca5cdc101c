import { Worker } from 'node:worker_threads';
import { ftpLinks } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import { fileThreads } from '../one-stream/file-threads.ts';
import type { Source } from '../source.ts';

/** FTP as the program uses it. */
export function createFtpThreads(options: FileSourceOptions): Source {
  return fileThreads('ftp', ftpLinks, options, (workerData) => {
    return new Worker(new URL('./ftp.worker.ts', import.meta.url), { workerData, name: 'ftp' });
  });
}
