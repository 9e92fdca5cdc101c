import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Cost, compileTools, median, type Tools } from './measure.ts';
import { type Contender, type Goal, launched, type Medians, type Prepared, type Row } from './row.ts';
import { rows } from './rows.ts';

/**
 * `npm run bench [-- NAME…]`: all contenders of a row take turns, round after round, so that a noisy
 * machine is noisy for all; the medians are compared and the goal stands beside each ratio. With no
 * names `bench/results.md` is written anew.
 */
const root = join(import.meta.dirname, '..');

async function main(names: readonly string[]): Promise<void> {
  using tools = compileTools();
  const chosen = rows.filter((row) => names.length === 0 || names.includes(row.name));
  if (chosen.length === 0) throw new Error(`no such row; there are ${rows.map((row) => row.name).join(', ')}`);
  const sections: string[] = [];
  for (const row of chosen) {
    const section = await measureRow(row, tools);
    console.log(section);
    sections.push(section);
  }
  if (names.length === 0) writeFileSync(join(root, 'bench', 'results.md'), `${heading()}\n${sections.join('\n')}`);
}

async function measureRow(row: Row, tools: Tools): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-bench-'));
  const prepared = await row.prepare({
    tools,
    folder,
    longhaul: [process.execPath, ...launched, join(root, 'dist', 'main.js')],
  });
  try {
    return report(row, await measureRounds(prepared.contenders, row.rounds), prepared);
  } finally {
    await prepared.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureRounds(contenders: readonly Contender[], rounds: number): Promise<Map<string, Cost[]>> {
  const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      costs.get(contender.name)?.push(await contender.run());
    }
  }
  return costs;
}

function report(row: Row, costs: ReadonlyMap<string, readonly Cost[]>, { goals }: Prepared): string {
  const medians: Medians = Object.fromEntries(
    [...costs].map(([name, each]) => [
      name,
      {
        wall: median(each.map((cost) => cost.wall)),
        cpu: median(each.map((cost) => cost.cpu)),
        rss: median(each.map((cost) => cost.rss)),
      },
    ]),
  );
  const lines = [
    `## ${row.name}`,
    '',
    `${row.what} Medians of ${row.rounds} rounds.`,
    '',
    '| | wall s | CPU s | RSS MiB |',
    '|---|---|---|---|',
  ];
  for (const [name, cost] of Object.entries(medians)) {
    lines.push(`| ${name} | ${cost.wall.toFixed(3)} | ${cost.cpu.toFixed(3)} | ${(cost.rss / 1024).toFixed(0)} |`);
  }
  lines.push('', '| Longhaul against | figure | goal | |', '|---|---|---|---|');
  for (const goal of goals) lines.push(goalLine(goal, medians));
  return `${lines.join('\n')}\n`;
}

function goalLine(goal: Goal, medians: Medians): string {
  const figure = goal.figure(medians);
  const wanted = goal.least === undefined ? `≤ ${goal.most} ${goal.unit}` : `≥ ${goal.least} ${goal.unit}`;
  const met = figure >= (goal.least ?? Number.NEGATIVE_INFINITY) && figure <= (goal.most ?? Number.POSITIVE_INFINITY);
  return `| ${goal.text} | ${figure.toFixed(2)} ${goal.unit} | ${wanted} | ${met ? 'met' : '**missed**'} |`;
}

function heading(): string {
  const version = (program: string, ...args: string[]) => {
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0]?.trim() || `${program}: not there`;
  };
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return `# Measured

By \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: Longhaul ${manifest.version}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}.

- ${version('curl', '--version')}
- ${version('aria2c', '--version')}
- ${version('wget2', '--version')}
- ${version('/usr/sbin/nginx', '-v')}

The contenders of a row take turns; a ratio is made from medians of one run. The machine is shared with others.
`;
}

await main(process.argv.slice(2));
