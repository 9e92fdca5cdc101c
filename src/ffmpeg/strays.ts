import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * Ends every ffmpeg that still works on `path` (a file or folder that only one download has): those of a Longhaul that
 * was killed go on alone. Known by what they were started with; where the system does not show that (no /proc), none
 * is found. Returns how many there were.
 */
export async function endStrays(path: string, kill: (pid: number) => void = killAtOnce): Promise<number> {
  const found: number[] = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (/^\d+$/.test(entry) && worksOn(await commandLine(entry), path)) found.push(Number(entry));
  }
  for (const pid of found) kill(pid);
  return found.length;
}

/** Is it an ffmpeg with this file, or one in this folder, among its arguments? Pure. */
export function worksOn(command: readonly string[], path: string): boolean {
  const [program = '', ...args] = command;
  if (!/^ffmpeg(?:\.exe)?$/.test(basename(program))) return false;
  return args.some((arg) => arg === `file:${path}` || arg.startsWith(`file:${path}/`));
}

async function commandLine(pid: string): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}

function killAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
