import { type ChildProcess, spawn } from 'node:child_process';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { ownEnvironment } from './own-environment.ts';
import { LineReader, type MegaProgress, progressOf } from './progress.ts';
import type { MegaGetEnd } from './verdict.ts';

export interface MegaGetRun {
  readonly program: string;
  readonly link: string;
  /** Absolute; it works and writes there. */
  readonly folder: string;
  /** Longest time in which nothing happens, ms. */
  readonly idleTimeout: number;
  readonly clock: Clock;
  /** A figure that changes while something is written; asked now and then. */
  mark(): Promise<number>;
  onProgress(progress: MegaProgress): void;
}

const lookEvery = 10_000;
/** Between a polite signal and the last one, ms. */
const patience = 2000;
/** Its server may hold its outputs open; what it said is complete by then, ms. */
const lastWords = 500;
const linesKept = 20;
/**
 * Runs mega-get in a process group of its own, without a shell, to its end. There is no limit for the whole, only for
 * silence. Aborted, the group is asked to end, then killed; it is gone when this rejects. Throws `Failure`, or the
 * signal's reason. What MEGAcmd's server does for it is no process of the group (`endTransfers`).
 */
export async function runMegaGet(run: MegaGetRun, signal: AbortSignal): Promise<Omit<MegaGetEnd, 'files'>> {
  signal.throwIfAborted();
  const { clock, idleTimeout, folder, program, link } = run;
  const child = spawn(program, [link, folder], {
    cwd: folder,
    detached: true,
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = new AbortController();
  const words = listen(child, run.onProgress);
  const stopLooking = watchSilence(run, words, () =>
    stop.abort(new Failure('network', `mega-get neither said nor wrote anything for ${idleTimeout / 1000} s`)),
  );
  const aborted = AbortSignal.any([signal, stop.signal]);
  const cancels: (() => void)[] = [];
  const end = () => {
    killGroup(child, 'SIGTERM');
    cancels.push(clock.after(patience, () => killGroup(child, 'SIGKILL')));
  };
  aborted.addEventListener('abort', end, { once: true });
  try {
    const ended = await endOf(child, program, clock);
    if (aborted.aborted) {
      // Of its group somebody may live on, and no longer has a leader to be found by.
      killGroup(child, 'SIGKILL');
      throw aborted.reason;
    }
    return { ...ended, said: words.said() };
  } finally {
    aborted.removeEventListener('abort', end);
    for (const cancel of cancels) cancel();
    stopLooking();
  }
}

function endOf(
  child: ChildProcess,
  program: string,
  clock: Clock,
): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'is not installed' : `cannot be started (${error.code ?? error.message})`;
      const what = `${program} of MEGAcmd ${why}; install MEGAcmd, set mega.program, or use --source mega`;
      reject(new Failure('refused', what, { cause: error }));
    });
    child.once('exit', (code, signal) => {
      const cancel = clock.after(lastWords, () => resolve({ code, signal }));
      child.once('close', () => {
        cancel();
        resolve({ code, signal });
      });
    });
  });
}

interface Words {
  /** The last lines without progress. */
  said(): readonly string[];
  /** Counts what comes. */
  readonly heard: number;
}

function listen(child: ChildProcess, onProgress: (progress: MegaProgress) => void): Words {
  const lines: string[] = [];
  let heard = 0;
  for (const stream of [child.stdout, child.stderr]) {
    const reader = new LineReader((line) => {
      const progress = progressOf(line);
      if (progress) onProgress(progress);
      else lines.splice(0, Math.max(0, lines.push(line) - linesKept));
    });
    stream?.setEncoding('utf8').on('data', (text: string) => {
      heard += 1;
      reader.take(text);
    });
    stream?.on('end', () => reader.end());
  }
  return {
    said: () => [...lines],
    get heard() {
      return heard;
    },
  };
}

/** Calls back when nothing was said and nothing written for too long. */
function watchSilence({ clock, idleTimeout, mark }: MegaGetRun, words: Words, isSilent: () => void): () => void {
  let last = '';
  let since = clock.monotonic();
  let looking = false;
  return clock.every(Math.min(lookEvery, idleTimeout / 4), () => {
    if (looking) return;
    looking = true;
    void mark()
      .catch(() => 0)
      .then((written) => {
        looking = false;
        const now = `${words.heard} ${written}`;
        if (now !== last) since = clock.monotonic();
        last = now;
        if (clock.monotonic() - since > idleTimeout) isSilent();
      });
  });
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of it is left.
  }
}
