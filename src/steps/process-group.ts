import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { pipeline, type Readable, type Writable } from 'node:stream';
import type { Clock } from '../time/clock.ts';

export interface ProgramRequest {
  /** Absolute, or looked for in the PATH of `environment`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All that it sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it reads on stdin; left out: nothing. */
  readonly input?: Readable;
}

export interface RunningProgram {
  readonly stdout: Readable;
  /** Its end: exit code (null: by a signal) and the last that it said on stderr. Rejects when it could not be started. */
  readonly ended: Promise<ProgramEnd>;
  /** Ends it with all that it started: SIGTERM, after 5 s SIGKILL. Nothing once it has ended; safe to call twice. */
  stop(): void;
}

export interface ProgramEnd {
  readonly code: number | null;
  /** At most 4,000 characters. */
  readonly stderr: string;
}

const patience = 5_000;
const mostWords = 4_000;

/**
 * Starts a program without a shell, in a process group of its own, so that it can be ended with its children (the
 * ready libraries end only the child itself). An aborted signal stops it.
 */
export function startProgram(request: ProgramRequest, clock: Clock, signal: AbortSignal): RunningProgram {
  const child = spawn(request.file, [...request.args], {
    cwd: request.cwd,
    env: { ...request.environment },
    stdio: [request.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const { stdin, stdout, stderr: words } = child as ChildProcessByStdio<Writable | null, Readable, Readable>;
  // A program that ends before it has read all says why by its exit code.
  if (request.input && stdin) pipeline(request.input, stdin, () => {});
  let stderr = '';
  words.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-mostWords);
  });
  let cancelKill: (() => void) | undefined;
  let isOver = false;
  const stop = (): void => {
    if (cancelKill || isOver) return;
    end(child, 'SIGTERM');
    cancelKill = clock.after(patience, () => end(child, 'SIGKILL'));
  };
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  }).finally(() => {
    isOver = true;
    signal.removeEventListener('abort', stop);
    if (!cancelKill) return;
    cancelKill();
    // What it started may have outlived it.
    end(child, 'SIGKILL');
  });
  // Who is only interested in its output may never ask.
  ended.catch(() => {});
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return { stdout, ended, stop };
}

function end(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean },
  signal: NodeJS.Signals,
) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // All of them are gone already.
  }
}
