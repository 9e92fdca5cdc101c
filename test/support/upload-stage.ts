import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defaults } from '../../src/config/defaults.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import type { Step, StepProgress, StepResult, TakenBack } from '../../src/steps/step.ts';
import { type UploadParts, uploadKind } from '../../src/steps/upload/upload-step.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';

type Upload = UploadParts['config']['upload'];

/** A folder, and runs of the step `upload` in it that share what was stored, as runs before and after a crash do. */
export interface UploadStage {
  readonly folder: string;
  file(name: string, bytes: Uint8Array): Promise<string>;
  /** A download with these files; the first is the main one. */
  download(...paths: readonly string[]): UploadedDownload;
  dispose(): Promise<void>;
}

export interface UploadedDownload {
  /** What was stored last. */
  mark: unknown;
  readonly progress: StepProgress[];
  readonly notes: string[];
  run(options: string, upload: Partial<Upload>, how?: RunOptions): Promise<StepResult>;
  /** Gives up what is in the middle; `mark` is what is left then. */
  giveUp(options: string, upload: Partial<Upload>): Promise<void>;
  /** Whether there would be something to give up. */
  hasBegun(options: string, upload: Partial<Upload>): Promise<boolean | undefined>;
  /** Asks the hosts to delete what was sent. */
  takeBack(options: string, upload: Partial<Upload>): Promise<readonly TakenBack[] | undefined>;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The process dies as soon as a mark of which this is true is stored: nothing is sent after it. */
  readonly diesAt?: (mark: string) => boolean;
  /** Waits between tries take no time. */
  readonly isHasty?: boolean;
}

/** What a run ends with that died. */
export class Died extends Error {}

export async function uploadStage(): Promise<UploadStage> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-upload-'));
  return {
    folder,
    async file(name, bytes) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
    download: (...paths) => downloadOf(folder, paths),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

const hastyClock: Clock = { ...systemClock, sleep: async () => {} };

function stepFor(options: string, upload: Partial<Upload>, clock: Clock): Step {
  const config = { http: defaults.http, hosts: {}, upload: { ...defaults.upload, ...upload } };
  return uploadKind({ config, clock, disk: realDisk }).make(options);
}

function downloadOf(folder: string, paths: readonly string[]): UploadedDownload {
  const uid = `0199-${createHash('sha256').update(paths.join('\0')).digest('hex').slice(0, 12)}`;
  const download: UploadedDownload = {
    mark: undefined,
    progress: [],
    notes: [],
    takeBack: async (options, upload) =>
      stepFor(options, upload, systemClock).takeBack?.(download.mark, new AbortController().signal),
    async giveUp(options, upload) {
      download.mark = await stepFor(options, upload, systemClock).giveUp?.(download.mark, new AbortController().signal);
    },
    hasBegun: async (options, upload) => stepFor(options, upload, systemClock).hasBegun?.(download.mark),
    async run(options, upload, { signal, diesAt, isHasty } = {}) {
      const died = new AbortController();
      const step = stepFor(options, upload, isHasty ? hastyClock : systemClock);
      const files = await Promise.all(
        paths.map(async (path, at) => ({ path, size: (await stat(path)).size, main: at === 0 })),
      );
      const report = {
        progress: (progress: StepProgress) => void download.progress.push(progress),
        note: (text: string) => void download.notes.push(text),
        async mark(mark: unknown) {
          if (died.signal.aborted) throw died.signal.reason;
          download.mark = JSON.parse(JSON.stringify(mark));
          if (!diesAt?.(JSON.stringify(mark))) return;
          died.abort(new Died());
          throw died.signal.reason;
        },
      };
      const context = {
        uid,
        name: basename(paths[0] ?? ''),
        category: undefined,
        metadata: {},
        link: 'https://host/file',
        files,
        resultLink: undefined,
        directory: folder,
        work: folder,
      };
      const ending = signal ? AbortSignal.any([signal, died.signal]) : died.signal;
      return step.run(context, download.mark, report, ending);
    },
  };
  return download;
}
