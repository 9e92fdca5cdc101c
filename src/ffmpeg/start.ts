import type { Writable } from 'node:stream';
import { Failure } from '../downloads/failure.ts';
import { programEnvironment } from './programs.ts';

/** A program that runs; nothing it prints is kept but what its reader keeps. */
export interface Started {
  readonly pid: number | undefined;
  /** Reads both its outputs to their end, and tells how it ended. To be called at once, and once. */
  end(readers: {
    readonly out: (text: string) => void;
    readonly err: (text: string) => void;
  }): Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined }>;
  /** Writes to its input, if it still listens. */
  say(text: string): void;
  /** Its inputs, for bytes that are to be read by it: `pipe:0`, then `pipe:3`. */
  readonly inputs: readonly Writable[];
  /** Left out: SIGKILL. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * The options before `-i`: the demuxer is fixed, no other one may be opened from inside it, and nothing but local
 * files and pipes. The whitelist of protocols alone keeps no playlist from naming local files.
 */
export function inputArguments(demuxer: string): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxer, '-f', demuxer];
}

/** A name that ffmpeg takes for nothing but a file, whatever it begins with or contains. `path` is absolute. */
export function localFile(path: string): string {
  return `file:${path}`;
}

/** Starts a program, without a shell and with next to no environment. Throws `Failure('program')` where it cannot. */
export async function start(
  program: string,
  args: readonly string[],
  { directory, inputs = 1 }: { readonly directory?: string; readonly inputs?: 1 | 2 } = {},
): Promise<Started> {
  const { execa } = await import('execa');
  const running = execa(program, args, {
    stdio: inputs === 1 ? ['pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe', 'pipe'],
    ...{ buffer: false, reject: false, extendEnv: false, windowsHide: true, cleanup: true, forceKillAfterDelay: false },
    env: { ...programEnvironment },
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  const { stdin, stdout, stderr } = running;
  const written = [stdin, ...(inputs === 1 ? [] : [running.stdio[3] as Writable])];
  // What it no longer wants to read is no error of ours.
  for (const input of written) input.on('error', () => {});
  return {
    pid: running.pid,
    inputs: written,
    async end({ out, err }) {
      stdout.setEncoding('utf8').on('data', out);
      stderr.setEncoding('utf8').on('data', err);
      const result = await running;
      if (running.pid === undefined) {
        throw new Failure('program', `${program} cannot be started; see that it can be run`, { cause: result });
      }
      return { exitCode: result.exitCode, signal: result.signal };
    },
    say(text) {
      if (stdin.writable) stdin.write(text);
    },
    kill: (signal = 'SIGKILL') => void running.kill(signal),
  };
}
