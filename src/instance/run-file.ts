import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { v7 as uuidv7 } from 'uuid';
import type { StepsRequest } from '../commands/commands.ts';
import { safeName } from '../disk/safe-name.ts';
import type { Download } from '../downloads/download.ts';
import type { OperationProgress } from '../downloads/tracker.ts';
import type { Longhaul } from './longhaul.ts';

/** What a program says of a file that it has converted or uploaded. */
export interface FileOptions extends Pick<StepsRequest, 'directory' | 'keep' | 'metadata' | 'category'> {
  /** Figures about 5 times a second, at most once per `every` ms where that is given, and the end always. */
  readonly onProgress?: (progress: OperationProgress) => unknown;
  readonly every?: number;
  /** Wait this long (ms) for a next try before leaving it; left out: 10 min. */
  readonly wait?: number;
  readonly signal?: AbortSignal;
}

export interface ConvertOptions extends FileOptions {
  /** `aac:128`, `mp3:192`, `flac`, …; left out: `aac`. */
  readonly to?: string;
}

export interface UploadOptions extends FileOptions {
  /** `catbox`, `s3`, `rclone:REMOTE:PATH`, …; left out: as configured. */
  readonly to?: string;
  /** What a stream is called where it goes. */
  readonly name?: string;
}

export interface Running {
  readonly longhaul: Longhaul;
  readonly runner?: string;
}

const defaultWait = 600_000;

/** Throws `Failure` for a file that is not there and a preset that is not known. */
export function convertFile(running: Running, path: string, { to = 'aac', ...how }: ConvertOptions) {
  return runFile(running, path, `convert=${to}`, how);
}

/** Throws `Failure`, and whatever the stream fails with. */
export async function uploadFile(running: Running, what: string | Readable, { to, name, ...how }: UploadOptions) {
  const step = to === undefined ? 'upload' : `upload=${to}`;
  if (typeof what === 'string') return runFile(running, what, step, how);
  const folder = join(running.longhaul.config.downloads.directory, `.longhaul-stream-${uuidv7()}`);
  const path = join(folder, safeName(name ?? 'upload.bin'));
  await mkdir(folder, { recursive: true });
  try {
    await pipeline(
      what,
      createWriteStream(path, { flags: 'wx', flush: true }),
      how.signal ? { signal: how.signal } : {},
    );
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const ended = await runFile(running, path, step, { ...how, keep: 'none' });
  // Whoever goes on with it later needs the file.
  if (ended?.status === 'completed') await rm(folder, { recursive: true, force: true });
  return ended;
}

async function runFile(
  { longhaul, runner }: Running,
  path: string,
  step: string,
  { onProgress, every, wait = defaultWait, signal, ...request }: FileOptions,
): Promise<Download | undefined> {
  const wanted = { ...request, path: resolve(path), steps: [step], ...(runner === undefined ? {} : { runner }) };
  let id: number | undefined;
  const stop = onProgress
    ? longhaul.onProgress(
        ({ downloadId, progress }) => (downloadId === id ? onProgress(progress) : undefined),
        every === undefined ? {} : { every },
      )
    : () => {};
  try {
    const { download } = await longhaul.commands.runSteps(wanted);
    id = download.id;
    return await longhaul.settled(id, { wait, ...(signal ? { signal } : {}) });
  } finally {
    stop();
  }
}
