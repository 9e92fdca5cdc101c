import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { ask } from './ask.ts';
import type { Nginx } from './nginx.ts';
import { longhaul, type Place, run } from './program.ts';

export interface KillLoop {
  /** Runs that were killed before they ended by themselves. */
  readonly killed: number;
  /** Links that the program had accepted (it said so, or its row was found) before it was killed. */
  readonly accepted: number;
  readonly completed: number;
  /** Names in the folder at the end that are no delivered file. */
  readonly strays: readonly string[];
  /** Files under a final name whose bytes were wrong, whenever it was looked. */
  readonly wrong: readonly string[];
  /** Accepted links that the store no longer knew at some later look. */
  readonly lost: readonly string[];
}

/**
 * Adds small downloads and kills the process with SIGKILL at a random moment, again and again: every
 * other one after it has said its first word, so that kills fall into all phases of a run. After ten kills it looks whether all that was accepted is still known, and whether what stands under a final
 * name is right. At the end `resume-downloads` finishes what is left.
 */
export async function killLoop(
  place: Place,
  nginx: Nginx,
  content: ReadonlyMap<string, Buffer>,
  rounds: { readonly count: number; readonly within: number; readonly random: () => number },
): Promise<KillLoop> {
  const names = [...content.keys()];
  const accepted = new Set<string>();
  const wrong: string[] = [];
  const lost: string[] = [];
  let killed = 0;
  for (let round = 0; round < rounds.count; round += 1) {
    const name = names[round % names.length] ?? '';
    const link = `${nginx.url}/${name}?round=${round}`;
    const verb = [['get', link], ['add', link], ['resume-downloads']][round % 3] ?? [];
    const program = longhaul([...verb, '--json'], place);
    if (round % 2 === 0) await Promise.race([program.says(/./).catch(() => {}), program.ended]);
    await Promise.race([after(rounds.random() * rounds.within), program.ended]);
    program.kill('SIGKILL');
    const end = await program.ended;
    if (end.signal === 'SIGKILL') killed += 1;
    for (const row of rowsIn(end.stdout)) accepted.add(row.link);
    if (round % 10 === 9 || round === rounds.count - 1) await look();
  }
  const last = await run(['resume-downloads'], place);
  if (last.code !== 0) throw new Error(`resume-downloads ended with ${last.code}: ${last.stderr}`);
  const rows = await look();
  const completed = rows.filter((row) => row.status === 'completed').length;
  const files = await readdir(place.cwd);
  const delivered = new Set(rows.map((row) => row.path));
  const strays = files.filter((name) => name !== 'home' && !delivered.has(join(place.cwd, name)));
  return { killed, accepted: accepted.size, completed, strays, wrong, lost };

  async function look(): Promise<Row[]> {
    const listed = await ask(['list', '--all', '--json'], place);
    if (listed.code !== 0) throw new Error(`list ended with ${listed.code}: ${listed.stderr}`);
    const rows = rowsIn(listed.stdout);
    const known = new Set(rows.map((row) => row.link));
    for (const link of accepted) if (!known.has(link)) lost.push(link);
    for (const link of known) accepted.add(link);
    for (const file of await readdir(place.cwd)) {
      const right = content.get(file.replace(/ \(\d+\)(?=\.)/, ''));
      if (right && !right.equals(await readFile(join(place.cwd, file)))) wrong.push(file);
    }
    return rows;
  }
}

interface Row {
  readonly link: string;
  readonly status: string;
  readonly path: string | null;
}

/** Only whole lines: the last one of a killed process may be cut. */
function rowsIn(stdout: string): Row[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}
