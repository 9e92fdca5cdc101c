import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { spawnBound } from './bound.ts';

/**
 * A Node of this machine that is too old for Longhaul, or the current one where there is none: what a new user has.
 * Returns the path of the executable.
 */
export function oldestNode(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  const nodes = [...new Set(folders.map((folder) => join(folder, 'node')))].filter((node) => existsSync(node));
  return nodes.find((node) => majorOf(node) < 24) ?? process.execPath;
}

function majorOf(node: string): number {
  return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1]);
}

/**
 * The environment of a new user: an empty home and `node` on the PATH. npm keeps this machine's cache and settings,
 * which are about the network here and not about the user.
 */
export function newUser(home: string, node: string): Record<string, string> {
  const own = /^(npm_|NODE_|XDG_|LONGHAUL_|CI$|HOME$|PATH$|GIT_)/i;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name) || name === 'NODE_EXTRA_CA_CERTS');
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: [dirname(node), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
    npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
  };
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts a program; `finished` never rejects for its exit code, only when it could not be started. */
export function start(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Running {
  const child = spawnBound(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  const finished = new Promise<Finished>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...written }));
  });
  return { child, finished };
}
