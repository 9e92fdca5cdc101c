import { Worker } from 'node:worker_threads';
import { sftpLinks } from '../one-stream/file-link.ts';
import type { FileSourceOptions } from '../one-stream/file-source.ts';
import { fileThreads } from '../one-stream/file-threads.ts';
import type { Source } from '../source.ts';

/** SFTP as the program uses it. */
export function createSftpThreads(options: FileSourceOptions): Source {
  return fileThreads('sftp', sftpLinks, options, (workerData) => {
    return new Worker(new URL('./sftp.worker.ts', import.meta.url), { workerData, name: 'sftp' });
  });
}
