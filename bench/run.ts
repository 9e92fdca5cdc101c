import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Cost, compileTools, median, type Tools } from './measure.ts';
import { type Contender, type Goal, launched, type Medians, type Prepared, type Row } from './row.ts';
import { rows } from './rows.ts';

/**
 * `npm run bench [-- NAME…]`: all contenders of a row take turns, round after round, so that a noisy
 * machine is noisy for all; the medians are compared and the goal stands beside each ratio. What was measured takes its
 * place in `bench/results.md`, each row with its day and how busy the machine was.
 */
const root = join(import.meta.dirname, '..');
const results = join(root, 'bench', 'results.md');

async function main(names: readonly string[]): Promise<void> {
  using tools = compileTools();
  const chosen = rows.filter((row) => names.length === 0 || names.includes(row.name));
  if (chosen.length === 0) throw new Error(`no such row; there are ${rows.map((row) => row.name).join(', ')}`);
  for (const row of chosen) {
    const section = await measureRow(row, tools);
    console.log(section);
    record(row.name, section);
  }
}

/** Puts the section in its place among those that are there. */
function record(name: string, section: string): void {
  const text = existsSync(results) ? readFileSync(results, 'utf8') : '';
  const known = new Map(
    text
      .split(/^(?=## )/m)
      .slice(1)
      .map((each) => [each.slice(3, each.indexOf('\n')), each.trimEnd()]),
  );
  known.set(name, section.trimEnd());
  const sections = rows.flatMap((row) => known.get(row.name) ?? []);
  writeFileSync(results, `${[heading().trimEnd(), ...sections].join('\n\n')}\n`);
}

async function measureRow(row: Row, tools: Tools): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-bench-'));
  const prepared = await row.prepare({
    tools,
    folder,
    longhaul: [process.execPath, ...launched, join(root, 'dist', 'main.js')],
  });
  const day = new Date().toISOString().slice(0, 10);
  const busy = `On ${day}; load of the machine before: ${loadavg()[0]?.toFixed(1)}.`;
  try {
    return report(row, busy, await measureRounds(prepared.contenders, row.rounds), prepared);
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

function report(row: Row, busy: string, costs: ReadonlyMap<string, readonly Cost[]>, { goals }: Prepared): string {
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
    `${row.what} Medians of ${row.rounds} rounds. ${busy}`,
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
  if (goal.least === undefined && goal.most === undefined)
    return `| ${goal.text} | ${figure.toFixed(2)} ${goal.unit} | | |`;
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

By \`npm run bench\`: Longhaul ${manifest.version}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}.

- ${version('curl', '--version')}
- ${version('aria2c', '--version')}
- ${version('wget2', '--version')}
- ${version('/usr/sbin/nginx', '-v')}

The contenders of a row take turns; a ratio is made from medians of one run. The machine is shared with others.
`;
}

await main(process.argv.slice(2));
