import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import { type Program, pathOf } from './needs.ts';

/** A server program of this machine that runs for one test, on loopback. */
export interface RunningServer {
  readonly port: number;
  /** What it wrote to its output so far. */
  readonly output: string;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a program that stays in the foreground and waits until it accepts connections on `port`. */
export async function startServer(
  program: Program,
  port: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const binary = pathOf(program);
  if (!binary) throw new Error(`${program} is not installed`);
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    await stopped(child);
  };
  try {
    await accepting(child, port, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    get output() {
      return output;
    },
    stop,
  };
}

/** A port that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function accepting(child: ChildProcess, port: number, output: () => string): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  while (!(await accepts(port))) {
    if (failure) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it did not start: ${output()}`);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 10));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
