import { type ChildProcess, spawnSync } from 'node:child_process';
import net from 'node:net';
import { spawnBound } from './bound.ts';
import { type Program, pathOf } from './needs.ts';
import { askedUntil } from './tells.ts';

/** A server program of this machine that runs for one test, and ends with this process at the latest. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** What it wrote to its output so far. */
  readonly output: string;
  /** Stands still, and answers nothing, until it is told to go on. */
  hold(still: boolean): void;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: User | undefined;
  /** Left out: loopback. */
  readonly address?: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a program that stays in the foreground and waits until it accepts connections on `port`. */
export async function startServer(
  program: Program,
  port: number,
  args: readonly string[],
  { env, address = '127.0.0.1', user, ...options }: ServerOptions = {},
): Promise<RunningServer> {
  const binary = pathOf(program);
  if (!binary) throw new Error(`${program} is not installed`);
  const child = spawnBound(binary, args, {
    ...options,
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  try {
    await accepting(child, { port, host: address }, () => output);
  } catch (error) {
    await stopped(child);
    throw error;
  }
  return {
    port,
    pid: child.pid ?? 0,
    get output() {
      return output;
    },
    hold: (still) => void child.kill(still ? 'SIGSTOP' : 'SIGCONT'),
    stop: () => stopped(child),
  };
}

/** A port that nobody uses now; on loopback, unless another of this machine's addresses is given. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, address, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** For programs that do not run as root, or give that up: somebody else where this process is root. */
export function notRoot(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout));
  if (!uid || !gid) throw new Error('some servers do not run as root, and there is no user nobody');
  return { uid, gid };
}

async function accepting(child: ChildProcess, at: net.TcpNetConnectOpts, output: () => string): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  await askedUntil(async () => {
    if (await accepts(at)) return true;
    if (failure) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it did not start: ${output()}`);
    return undefined;
  }, 10);
}

function accepts(at: net.TcpNetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(at);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
