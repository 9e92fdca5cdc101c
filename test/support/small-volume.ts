import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory, that is quickly full. */
export interface SmallVolume extends Disposable {
  readonly path: string;
  /** Takes all the space that is left, under a name of its own. */
  fill(): void;
  /** Gives it back. */
  empty(): void;
  readOnly(wanted: boolean): void;
  /** From now on it holds so much. */
  grow(mebibytes: number): void;
}

/** Mounts it; it is gone at the end of the block, and of the process in any case. */
export function smallVolume(mebibytes: number): SmallVolume {
  const path = mkdtempSync(join(tmpdir(), 'longhaul-volume-'));
  mount('-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path);
  const filler = join(path, '.filler');
  const unmount = () => {
    process.removeListener('exit', unmount);
    // Lazily: whoever still has a file open there keeps it until it ends.
    spawnSync('umount', ['-l', path]);
    rmdirSync(path);
  };
  process.once('exit', unmount);
  return {
    path,
    fill: () => fillUp(filler),
    empty: () => rmSync(filler, { force: true }),
    readOnly: (wanted) => mount('-o', `remount,${wanted ? 'ro' : 'rw'}`, path),
    grow: (to) => mount('-o', `remount,size=${to}m`, path),
    [Symbol.dispose]: unmount,
  };
}

let mayMount: boolean | undefined;

/** Like `needs(…)`: options for a test that mounts a volume, which only root may do, and not in every container. */
export function needsSmallVolume(): { skip?: string } {
  mayMount ??= canMount();
  return mayMount ? {} : { skip: 'needs root and the right to mount a tmpfs' };
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    smallVolume(1)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

function mount(...args: readonly string[]): void {
  const done = spawnSync('mount', args, { encoding: 'utf8' });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`mount ${args.join(' ')}: ${done.stderr}`);
}

function fillUp(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) writeWhileItFits(file, Buffer.alloc(bytes, 1));
  } finally {
    closeSync(file);
  }
}

function writeWhileItFits(file: number, bytes: Buffer): void {
  try {
    for (;;) if (writeSync(file, bytes) < bytes.length) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
