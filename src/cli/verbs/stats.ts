import type { Stats } from '../../commands/stats.ts';
import { wireStats } from '../../contract/wire.ts';
import { bytesText, momentText, speedText } from '../../downloads/words.ts';
import { printable } from '../../log/printable.ts';
import { exit } from '../exit-codes.ts';
import { anyMeasure } from '../measure.ts';
import { jsonOption } from '../options.ts';
import type { Surface } from '../screen.ts';
import { type Since, sinceOption } from '../since.ts';
import { type Cell, tableLines } from '../table.ts';
import { asking, type Verb } from '../verb.ts';

/** More are in `--json`. */
const mostDays = 14;
const mostParts = 20;

/** `longhaul stats`: figures over all downloads. */
export const stats: Verb = {
  define(command) {
    command.addOption(sinceOption()).addOption(jsonOption()).addHelpText('after', help);
  },
  async run(command, context) {
    const options = command.opts<{ readonly since?: Since; readonly json?: boolean }>();
    const now = context.clock.now();
    const since = options.since?.(now);
    const { screen } = context;
    const figures = await asking(context, (longhaul) => longhaul.commands.stats(since === undefined ? {} : { since }));
    if (options.json) screen.json(wireStats(figures));
    else for (const line of await linesOf(figures, screen.out, now)) screen.out.line(line);
    return exit.done;
  },
};

const help = `
A download counts for the moment it was completed, or last changed. The success rate is of those that were completed or
failed; speeds are over the time in which tries fetched.

Examples:
  $ longhaul stats
  $ longhaul stats --since 7d
  $ longhaul stats --since 2026-11-01 --json`;

async function linesOf(figures: Stats, surface: Surface, now: number): Promise<string[]> {
  const { byDay, byCategory, bySource } = figures;
  const days = byDay
    .slice(-mostDays)
    .map(({ day, completed, failed, bytes }) => [day, completed, failed, bytes] as const);
  const parts = (all: Stats['bySource']) =>
    all
      .slice(0, mostParts)
      .map(({ name, completed, failed, bytes }) => [name === '' ? '(none)' : name, completed, failed, bytes] as const);
  const categories = byCategory.some(({ name }) => name !== '') ? parts(byCategory) : [];
  return [
    ...summary(figures, surface, now),
    ...(await table('source', parts(bySource), surface)),
    ...(await table('category', categories, surface)),
    ...(await table(byDay.length > mostDays ? `last ${mostDays} days` : 'day', days, surface)),
  ];
}

function summary(figures: Stats, { look }: Surface, now: number): string[] {
  const { since, total, byStatus, successRate, averageSpeed, peakSpeed, tries, retries, resumes } = figures;
  const counts = Object.entries(byStatus).filter(([, count]) => count > 0);
  const facts: (readonly string[])[] = [
    ...(since === null ? [] : [[`since ${momentText(since, now)}`]]),
    [total === 1 ? '1 download' : `${total} downloads`, ...counts.map(([status, count]) => `${count} ${status}`)],
    [
      `${bytesText(figures.deliveredBytes)} delivered`,
      `${bytesText(figures.fetchedBytes)} fetched`,
      ...(averageSpeed === null || peakSpeed === null
        ? []
        : [`${speedText(averageSpeed)} on average`, `${speedText(peakSpeed)} at most`]),
    ],
    [
      ...(successRate === null ? [] : [`${(Math.floor(successRate * 1000) / 10).toFixed(1)} % succeeded`]),
      `${tries} ${tries === 1 ? 'try' : 'tries'}, ${retries} of them again`,
      `${resumes.succeeded} of ${resumes.tried} resumes went on`,
    ],
  ];
  return facts.map((line) => line.join(` ${look.dot} `));
}

async function table(
  title: string,
  rows: readonly (readonly [string, number, number, number])[],
  { columns, look }: Surface,
): Promise<string[]> {
  if (rows.length === 0) return [];
  const cells = rows.map(([name, completed, failed, bytes]): Cell[] => [
    { text: printable(name) },
    { text: String(completed) },
    { text: String(failed), ...(failed > 0 ? { paint: (text: string) => look.paint('bad', text) } : {}) },
    { text: bytesText(bytes) },
  ]);
  const heads = [
    { title, shrinks: true },
    { title: 'completed', align: 'right' },
    { title: 'failed', align: 'right' },
    { title: 'bytes', align: 'right' },
  ] as const;
  const [head = '', ...lines] = tableLines(heads, cells, {
    columns: columns(),
    measure: await anyMeasure(),
    ellipsis: look.ellipsis,
  });
  return ['', look.paint('strong', head), ...lines];
}
