import type { Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { longhaul, type Place, type Program, run } from './program.ts';

/** In one line. */
export function spread(took: readonly number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return `takeover, ms, of ${sorted.length}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${sorted.at(-1)}`;
}

/**
 * Two servers on one database (`store`), one download that never ends by itself: kills its holder with SIGKILL, again and
 * again, and starts it anew. Returns how long each time it took until the other one held the download, ms.
 */
export async function takeovers(
  store: Store,
  { places, link, kills }: { readonly places: readonly [Place, Place]; readonly link: string; readonly kills: number },
): Promise<number[]> {
  const names = ['one', 'two'];
  const servers = new Map<number, { readonly program: Program; readonly name: string }>();
  for (const name of names) await start(name);
  await run(['add', '-d', places[0].cwd, link], places[0]);
  const took: number[] = [];
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const holder = await heldBy((pid) => servers.has(pid));
      const killed = servers.get(holder);
      servers.delete(holder);
      const began = systemClock.now();
      killed?.program.kill('SIGKILL');
      await heldBy((pid) => servers.has(pid));
      took.push(systemClock.now() - began);
      await killed?.program.ended;
      await start(killed?.name ?? '');
    }
  } finally {
    for (const { program } of servers.values()) {
      program.kill('SIGKILL');
      await program.ended;
    }
  }
  return took;

  async function start(name: string): Promise<void> {
    const program = longhaul(['serve', '--name', name, '--json'], places[name === 'one' ? 0 : 1]);
    await program.says('"ready":true');
    servers.set(program.child.pid ?? 0, { program, name });
  }

  /** The process that holds the download, as soon as it is one of these. */
  async function heldBy(isWanted: (pid: number) => boolean): Promise<number> {
    for (;;) {
      const [row] = await store.list({ limit: 1 });
      const holder = (await store.instances()).find(({ uid }) => uid === row?.lockedBy);
      if (holder && isWanted(holder.pid)) return holder.pid;
      await systemClock.sleep(2);
    }
  }
}
