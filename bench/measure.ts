import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a command cost. Seconds; `cpu` is user and system of it and its children; `rss` KiB at its largest. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly rss: number;
}

/** The two C programs of `bench/native`, compiled on the spot. */
export interface Tools extends Disposable {
  readonly measure: string;
  readonly fetch: string;
}

export function compileTools(): Tools {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-bench-tools-'));
  const compiled = (name: string) => {
    execFileSync('cc', ['-O2', '-o', join(folder, name), join(import.meta.dirname, 'native', `${name}.c`)]);
    return join(folder, name);
  };
  return {
    measure: compiled('measure'),
    fetch: compiled('fetch'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input?: string;
}

/** Runs a command to its end and tells what it cost. Throws when it fails: a failed run is no figure. */
export async function costOf(tools: Tools, command: Command): Promise<Cost> {
  const child = spawn(tools.measure, [...command.argv], {
    cwd: command.cwd,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...command.env },
  });
  let figures = '';
  let errors = '';
  child.stdio[3]?.on('data', (data) => (figures += String(data)));
  child.stderr?.on('data', (data) => (errors += String(data)));
  child.stdin?.on('error', () => {});
  child.stdin?.end(command.input ?? '');
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${command.argv.join(' ')} ended with ${code}: ${errors.slice(-2000)}`);
  const { wall, user, system, rss } = JSON.parse(figures) as {
    wall: number;
    user: number;
    system: number;
    rss: number;
  };
  return { wall, cpu: user + system, rss };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
