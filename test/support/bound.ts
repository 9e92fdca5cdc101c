import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { pathOf } from './needs.ts';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * As `spawn`, of a program that ends with this process at the latest: on Linux also when this one is killed, unless the
 * program changes its user itself. The process id is the program's own.
 */
export function spawnBound(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const [first = '', ...rest] = [...bond(), command, ...args];
  const child = spawn(first, rest, options);
  running.add(child);
  for (const end of ['exit', 'error']) child.once(end, () => running.delete(child));
  return child;
}

let words: readonly string[] | undefined;

/** The command that asks the kernel for it, and becomes the one that follows; nothing where there is none that can. */
function bond(): readonly string[] {
  if (words) return words;
  const setpriv = process.platform === 'linux' ? pathOf('setpriv') : undefined;
  const bonds = setpriv ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const [command, ...args] = bonds;
  words = command && spawnSync(command, [...args, 'true']).status === 0 ? bonds : [];
  return words;
}
