import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnBound } from './bound.ts';

const built = resolve(import.meta.dirname, '../../dist/main.js');

/** A run of the real program, built as users run it, in a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  /** What it wrote so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Ended>;
  /** Resolves when the text turned up on stderr or stdout; rejects when the program ended without it. */
  says(text: string | RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  /** LONGHAUL_HOME. */
  readonly home: string;
  /** The current folder. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The command that the program's own is handed to, such as one that runs it on another machine; it must `exec`. */
  readonly via?: readonly string[];
}

/** In the environment of a process: it takes itself for one of another machine. */
export const otherHost = { NODE_OPTIONS: `--import ${new URL('./other-host.ts', import.meta.url).href}` };

/** Starts `longhaul ARGS…` with nothing of this machine's configuration. */
export function longhaul(args: readonly string[], place: Place, stdin: 'ignore' | 'pipe' = 'ignore'): Program {
  if (!existsSync(built)) throw new Error('dist/main.js is not built: run npm test, or npm run build');
  const [command = '', ...words] = [...(place.via ?? []), process.execPath, built, ...args];
  const child = spawnBound(command, words, {
    cwd: place.cwd,
    stdio: [stdin, 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', LONGHAUL_HOME: place.home, ...place.env },
  });
  const one = { place, child };
  running.add(one);
  child.on('exit', () => running.delete(one));
  const written = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...written }));
  });
  return {
    child,
    ended,
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    kill: (signal) => void child.kill(signal),
    says(text) {
      const said = () =>
        typeof text === 'string'
          ? written.stderr.includes(text) || written.stdout.includes(text)
          : text.test(written.stderr) || text.test(written.stdout);
      return new Promise((done, fail) => {
        const look = () => said() && done();
        waiting.add(look);
        look();
        ended.then(
          (end) =>
            said()
              ? done()
              : fail(new Error(`it ended (${end.code ?? end.signal}) without saying ${text}: ${end.stderr}`)),
          fail,
        );
      });
    },
  };
}

const running = new Set<{ readonly place: Place; readonly child: ChildProcess }>();

/** Runs it to its end. */
export function run(args: readonly string[], place: Place): Promise<Ended> {
  return longhaul(args, place).ended;
}

/** A folder of its own for one test, with a home and a folder for downloads; `await using` ends what runs there, and removes it. */
export async function ownPlace(): Promise<Place & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-test-'));
  const place = { home: join(root, 'home'), cwd: root };
  return {
    ...place,
    async [Symbol.asyncDispose]() {
      await endAll(place);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Ends what a test that failed has left running, or stopped: it would keep this process alive for ever. */
async function endAll({ home, cwd }: Place): Promise<void> {
  for (const { place, child } of running) {
    if (place.home !== home && place.cwd !== cwd) continue;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }
}
