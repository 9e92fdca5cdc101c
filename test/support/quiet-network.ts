import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { spawnBound } from './bound.ts';

/** Like `needs(…)`: options for a test that runs in a network of its own, which only root may make, and not everywhere. */
export function needsOwnNetwork(): { skip?: string } {
  const made = process.platform === 'linux' && spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']);
  return made && made.status === 0 ? {} : { skip: 'needs root and the right to make a network of its own' };
}

/** Runs a script in a network in which there is nothing but its own loopback; resolves with what it writes to stdout. */
export async function inOwnNetwork(script: URL): Promise<string> {
  const shell = 'ip link set lo up && exec "$0" "$1"';
  const child = spawnBound('unshare', ['--net', 'sh', '-c', shell, process.execPath, script.pathname], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', errors: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.errors += text));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${script.pathname} ended with ${code}: ${written.errors}`);
  return written.out;
}

/** Packets that went over this network's loopback so far, whoever sent them. */
export function packets(): number {
  const line = /^\s*lo:(.*)$/m.exec(readFileSync('/proc/net/dev', 'utf8'))?.[1] ?? '';
  return Number(line.trim().split(/\s+/)[1]);
}
