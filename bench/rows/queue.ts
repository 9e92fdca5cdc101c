import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { costOf } from '../measure.ts';
import { cost, type Goal, type Row, type Stage } from '../row.ts';

const queued = 100_000;
const work = join(import.meta.dirname, '../work/queue.ts');

/** Runs `work/queue.ts` on a fresh copy of a filled database; its figure stands in `wall`. */
async function filled({ tools, folder }: Stage) {
  const [full, fresh, figure] = ['full.db', 'fresh.db', 'figure'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const run = (...args: readonly string[]) => costOf(tools, { argv: [process.execPath, work, ...args] });
  await run('fill', full, String(queued));
  return async (what: string) => {
    copyFileSync(full, fresh);
    const spent = await run(what, fresh, figure);
    return { ...spent, wall: Number(readFileSync(figure, 'utf8')) };
  };
}

const figureOf = (text: string, bounds: Pick<Goal, 'least' | 'most'>, unit: string): Goal => ({
  ...{ text, unit, ...bounds },
  figure: (of) => cost(of, 'longhaul').wall,
});

const memory: Goal = {
  ...{ text: 'resident set', most: 200, unit: 'MiB' },
  figure: (of) => cost(of, 'longhaul').rss / 1024,
};

export const claims: Row = {
  name: 'claims',
  what: 'With 100,000 links of 200 hosts queued: looks, choices and claims of 64 slots, 20,000 times, each claim durable (SQLite, `synchronous=FULL`); claims a second under "wall".',
  rounds: 3,
  async prepare(stage) {
    const run = await filled(stage);
    return {
      contenders: [{ name: 'longhaul', run: () => run('claims') }],
      goals: [figureOf('claims', { least: 2000 }, '/s'), memory],
      stop: async () => {},
    };
  },
};

export const pages: Row = {
  name: 'pages',
  what: 'With 100,000 links queued: the median time of a page of 50, of the newest at any depth and of what waits in its order, in ms under "wall".',
  rounds: 5,
  async prepare(stage) {
    const run = await filled(stage);
    return {
      contenders: [{ name: 'longhaul', run: () => run('pages') }],
      goals: [figureOf('a page', { most: 5 }, 'ms'), memory],
      stop: async () => {},
    };
  },
};
