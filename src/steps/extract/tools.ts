import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { findProgram, searchPath } from '../../config/programs.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { type RunningProgram, startProgram } from '../process-group.ts';
import { shown, suspect } from './entry.ts';

/** The programs that know what Longhaul does not. Each throws `Failure('program')` that says how to install it. */
export interface Tools {
  /** Unpacks a stream. */
  filter(format: 'xz' | 'bz2', input: Readable): Promise<AsyncIterable<Buffer>>;
  sevenZip(): Promise<string>;
  /** Both programs of unar. */
  unar(): Promise<{ readonly unar: string; readonly lsar: string }>;
  start(file: string, args: readonly string[], input?: Readable): RunningProgram;
}

export interface ToolParts {
  readonly clock: Clock;
  /** As configured: a path, or `auto`. */
  readonly sevenZip: string;
  readonly unar: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** The most memory that xz may take. */
const xzArguments = ['--decompress', '--stdout', '--memlimit-decompress=1GiB'];

export function findTools({ clock, sevenZip, unar, cwd, signal }: ToolParts): Tools {
  const environment = { PATH: searchPath(), LC_ALL: 'C.UTF-8', HOME: cwd };
  const start: Tools['start'] = (file, args, input) =>
    startProgram({ file, args, cwd, environment, ...(input ? { input } : {}) }, clock, signal);
  return {
    start,
    async filter(format, input) {
      const isXz = format === 'xz';
      const [name, debian] = isXz ? (['xz', 'xz-utils'] as const) : (['bzip2', 'bzip2'] as const);
      const file = await need([name], `.${format} archives need the program ${name}`, debian);
      return outputOf(start(file, isXz ? xzArguments : ['-dc'], input));
    },
    sevenZip: () =>
      need(
        sevenZip === 'auto' ? ['7zz', '7z', '7za'] : [sevenZip],
        'archives of this kind need the program 7-Zip (extract.seven_zip)',
        '7zip',
      ),
    async unar() {
      const file = await need(
        unar === 'auto' ? ['unar'] : [unar],
        'rar archives need the program unar (extract.unar)',
        'unar',
      );
      return { unar: file, lsar: join(dirname(file), 'lsar') };
    },
  };
}

/** All that a program writes; when it ends otherwise than well, so does this. It is gone when this ends. Throws `Failure('suspect')`. */
export async function* outputOf(program: RunningProgram): AsyncGenerator<Buffer> {
  try {
    yield* program.stdout as AsyncIterable<Buffer>;
    const { code, stderr } = await program.ended;
    if (code !== 0) throw suspect(`is damaged, or not whole: ${lastWords(stderr)}`);
  } finally {
    await gone(program);
  }
}

/** Stops it and waits until it has ended, however it did; what it still says is dropped. */
export async function gone(program: RunningProgram): Promise<void> {
  program.stop();
  program.stdout.destroy();
  await program.ended.catch(() => {});
}

/** What a program said last, on one line. */
export function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  return shown(lines.filter((line) => line !== '').at(-1) ?? 'it could not be read');
}

async function need(names: readonly string[], what: string, debian: string): Promise<string> {
  const file = await findProgram(names);
  if (file !== undefined) return file;
  throw new Failure('program', `${what}; install it (Debian: apt install ${debian})`);
}
