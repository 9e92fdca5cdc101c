import type { Writable } from 'node:stream';
import type { Disk } from '../disk/disk.ts';
import { Failure } from '../downloads/failure.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { failureOf, LogReader } from './log-lines.ts';
import { type FfmpegProgress, ProgressReader } from './progress-lines.ts';
import { localFile, type Started, start } from './start.ts';

export interface FfmpegParts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  /** Ms without progress after which it is ended. */
  readonly stalledAfter: number;
}

export interface FfmpegJob {
  readonly program: string;
  /** Before the output: inputs with their options, and what is to be made of them. */
  readonly args: readonly string[];
  /** What the output is; left out: told by its ending. */
  readonly muxer?: string;
  /** Absolute; a file that stands there is written over. Its folder is where ffmpeg works. */
  readonly output: string;
  readonly directory: string;
  onProgress(progress: FfmpegProgress): void;
  /**
   * What it is to read from its inputs (`pipe:0`, `pipe:3`), one function each; then it is stopped by a signal and not
   * by a word. Left out: files only.
   */
  readonly feeds?: readonly [Feed] | readonly [Feed, Feed];
}

/** Writes all there is, and returns soon after the signal is aborted; what it throws ends ffmpeg. */
export type Feed = (input: Writable, signal: AbortSignal) => Promise<void>;

/** Progress is told so often, s. */
const progressEvery = '0.25';
const lookEvery = 1000;
/** What it is given to end by itself, and again after SIGTERM, ms. */
const patience = 2000;

/**
 * Runs ffmpeg to its end. It has succeeded when it ends with 0 and says nothing that shows the contrary; whether the
 * result is whole is for the caller to look at. Aborted, it is asked to stop (`q`), then told to (SIGTERM), then killed;
 * it is gone when this rejects. Throws `Failure` (media, program, no_space, disk), or the signal's reason.
 */
export async function runFfmpeg(parts: FfmpegParts, job: FfmpegJob, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const started = await start(job.program, argumentsOf(job), {
    directory: job.directory,
    inputs: job.feeds?.length ?? 1,
  });
  const progress = new ProgressReader();
  const log = new LogReader();
  const watch = watchProgress(parts, job, started);
  const hear = (states: readonly FfmpegProgress[]): void => {
    for (const state of states) watch.heard(state);
  };
  const feeding = new AbortController();
  const stop = stopper(parts.clock, started, job.feeds !== undefined);
  const onAbort = (): void => {
    feeding.abort(signal.reason);
    stop.begin();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const fed = feedAll(job, started, feeding.signal);
  try {
    const end = await started.end({
      out: (text) => hear(progress.feed(text)),
      err: (text) => hear(log.feed(text)),
    });
    feeding.abort(new Failure('internal', 'ffmpeg has ended'));
    signal.throwIfAborted();
    if (watch.stalled) throw stalledFailure(parts.stalledAfter);
    await fed;
    const failure = failureOf({ ...end, lines: log.lines });
    parts.log.debug({ exit: end.exitCode, signal: end.signal, lines: log.lines.slice(0, 5) }, 'ffmpeg has ended');
    if (failure) throw failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
    watch.end();
    stop.end();
  }
}

/** Rejects with what a feed threw while it was wanted. */
function feedAll({ feeds }: FfmpegJob, started: Started, signal: AbortSignal): Promise<unknown> {
  const feeding = Promise.all(
    started.inputs.slice(0, feeds?.length ?? 0).map(async (input, n) => {
      await feeds?.[n]?.(input, signal);
      input.end();
    }),
  ).catch((error: unknown) => {
    if (signal.aborted) return;
    started.kill();
    throw error;
  });
  feeding.catch(() => {});
  return feeding;
}

function argumentsOf({ args, muxer, output, feeds }: FfmpegJob): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'repeat+level+info', '-stats', '-stats_period', progressEvery],
    ...['-progress', 'pipe:1', '-y', ...(feeds ? ['-nostdin'] : [])],
    ...args,
    ...(muxer === undefined ? [] : ['-f', muxer]),
    localFile(output),
  ];
}

/** Notices when nothing gets on: neither what it says nor the file that it writes. */
function watchProgress({ clock, disk, stalledAfter }: FfmpegParts, job: FfmpegJob, started: Started) {
  let mark = '';
  let movedAt = clock.monotonic();
  let stalled = false;
  const moved = (next: string): void => {
    if (next !== mark) movedAt = clock.monotonic();
    mark = next;
  };
  let said = '';
  const look = async (): Promise<void> => {
    const facts = await disk.facts(job.output).catch(() => undefined);
    moved(`${said} ${facts?.size} ${facts?.modifiedAt}`);
    if (clock.monotonic() - movedAt <= stalledAfter) return;
    stalled = true;
    started.kill();
  };
  const cancel = clock.every(Math.min(lookEvery, stalledAfter / 4), () => void look());
  return {
    heard(state: FfmpegProgress): void {
      said = `${state.time} ${state.bytes} ${state.frame}`;
      job.onProgress(state);
    },
    get stalled() {
      return stalled;
    },
    end: cancel,
  };
}

function stopper(clock: Clock, started: Started, readsInput: boolean) {
  const cancels: (() => void)[] = [];
  return {
    begin(): void {
      if (readsInput) started.kill('SIGTERM');
      else started.say('q');
      cancels.push(clock.after(patience, () => started.kill('SIGTERM')));
      cancels.push(clock.after(2 * patience, () => started.kill('SIGKILL')));
    },
    end(): void {
      for (const cancel of cancels) cancel();
    },
  };
}

function stalledFailure(after: number): Failure {
  return new Failure('program', `ffmpeg made no progress for ${after / 1000} s and was ended`, {
    retry: { when: 'now' },
  });
}
