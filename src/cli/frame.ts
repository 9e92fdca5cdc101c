import { barParts, wanderingParts } from '../downloads/bar.ts';
import { fractionOf, percentText } from '../downloads/progress.ts';
import type { Status } from '../downloads/states.ts';
import type { OperationProgress } from '../downloads/tracker.ts';
import { amountIn, amountText, bytesText, speedIn, speedText, wholeSeconds } from '../downloads/words.ts';
import type { Look } from './look.ts';
import { cutEnd, cutMiddle, type Measure, pad } from './measure.ts';

/** One download as it is drawn while it runs. */
export interface Row {
  /** Printable. */
  readonly name: string;
  readonly status: Status;
  readonly bytes: number;
  readonly totalBytes: number | null;
  /** Bytes/s. */
  readonly speed: number;
  /** Ms; null while unknown. */
  readonly eta: number | null;
  /** What is at work, where more is known of it than bytes: a step, or a download that is measured in playing time. */
  readonly progress?: OperationProgress | undefined;
  /** Instead of the figures, where there are none: why it waits. Printable. */
  readonly waiting?: string | undefined;
}

export interface Totals {
  readonly all: number;
  readonly done: number;
  readonly failed: number;
}

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly look: Look;
  readonly measure: Measure;
  /** Counts the frames; moves what moves. */
  readonly tick: number;
}

/**
 * The lines of one frame: a bar for each running download (as many as fit), and with several
 * downloads a line that counts. Pure; no line is as wide as the terminal, so that none ever wraps.
 */
export function frameLines(rows: readonly Row[], totals: Totals, canvas: Canvas): string[] {
  const room = Math.max(1, canvas.rows - 2);
  const active = rows.filter(({ status }) => status !== 'pending');
  const drawn = (totals.all === 1 ? rows : active).slice(0, totals.all === 1 ? 1 : room);
  const plan = planFor(drawn, canvas);
  const lines = drawn.map((row) => lineOf(row, plan, canvas));
  return totals.all === 1 ? lines : [...lines, countLine(rows, totals, canvas)];
}

/** Columns of each part; 0 leaves the part out. */
interface Plan {
  readonly gap: string;
  readonly name: number;
  readonly bar: number;
  readonly percent: number;
  readonly amount: number;
  readonly speed: number;
  readonly eta: number;
}

const widest = { percent: 6, amount: 18, speed: 10, eta: 13 } as const;
/** What is the least of a part that still says something. */
const narrow = { amount: 8, eta: 8 } as const;
const barWidths = { least: 8, most: 40 } as const;
const leastName = 12;
const shortestName = 8;

/** What does not fit is left out in this order, until a name (and a bar, while there is one) has room: figures say more than a bar. */
function planFor(rows: readonly Row[], canvas: Canvas): Plan {
  const usable = canvas.columns - 1;
  const gap = canvas.columns >= 90 ? '  ' : ' ';
  const parts = {
    ...widest,
    amount: canvas.columns >= 72 ? widest.amount : narrow.amount,
    eta: canvas.columns >= 90 ? widest.eta : narrow.eta,
  };
  for (const left of [[], ['amount'], ['amount', 'bar'], ['amount', 'bar', 'eta']] as const) {
    const kept = { ...parts, ...Object.fromEntries(left.map((part) => [part, 0])), bar: 0 };
    const fixed = Object.values(kept).reduce((sum, width) => sum + (width > 0 ? width + gap.length : 0), 0);
    const free = usable - fixed - symbolWidth;
    if (left.some((part) => part === 'bar')) {
      if (free >= shortestName) return { gap, ...kept, name: free };
    } else if (free - gap.length >= leastName + barWidths.least)
      return { gap, ...kept, ...shared(free - gap.length, rows, canvas) };
  }
  return {
    gap,
    percent: widest.percent,
    amount: 0,
    speed: 0,
    eta: 0,
    bar: 0,
    name: Math.max(0, usable - widest.percent - gap.length - symbolWidth),
  };
}

const symbolWidth = 2;

function shared(free: number, rows: readonly Row[], canvas: Canvas): { readonly name: number; readonly bar: number } {
  const longest = rows.reduce((most, { name }) => Math.max(most, canvas.measure(name)), 0);
  const name = Math.min(longest, Math.max(leastName, Math.floor(free * 0.65)), free - barWidths.least);
  return { name, bar: Math.min(barWidths.most, free - name) };
}

function lineOf(row: Row, plan: Plan, canvas: Canvas): string {
  const { look, measure } = canvas;
  const symbol = look.symbol(row.status);
  const name = pad(cutMiddle(row.name, plan.name, measure, look.ellipsis), plan.name, measure);
  if (row.waiting !== undefined) {
    const room = canvas.columns - 1 - symbolWidth - plan.name - plan.gap.length;
    return `${symbol} ${name}${plan.gap}${look.paint('careful', cutEnd(row.waiting, room, measure, look.ellipsis))}`;
  }
  return [`${symbol} ${name}`, ...figures(row, plan, canvas)].join(plan.gap).trimEnd();
}

function figures(row: Row, plan: Plan, canvas: Canvas): string[] {
  const { look } = canvas;
  const fraction = fractionIn(row);
  const speed = speedOf(row);
  const part = (text: string, columns: number): string[] =>
    columns === 0 ? [] : [cutEnd(text, columns, canvas.measure, '').padStart(columns)];
  return [
    ...(plan.bar === 0 ? [] : [barText(row, fraction, plan.bar, canvas)]),
    ...part(percentText(fraction), plan.percent),
    ...part(amountOf(row, plan), plan.amount),
    ...part(speed, plan.speed).map((text) => look.paint('busy', text)),
    ...part(etaText(row, plan), plan.eta),
  ];
}

/** The step that is at work, where one is. */
function stepOf({ progress }: Row): OperationProgress | undefined {
  return progress === undefined || progress.operation === 'download' ? undefined : progress;
}

/** Not even what it counts. */
function hasToldNothing({ current, total }: OperationProgress): boolean {
  return current === 0 && total === null;
}

function fractionIn(row: Row): number | null {
  if (row.progress) return row.progress.percentage === null ? null : row.progress.percentage / 100;
  return fractionOf(row.bytes, row.totalBytes);
}

function amountOf(row: Row, plan: Plan): string {
  const step = stepOf(row);
  const isWide = plan.amount === widest.amount;
  if (step && hasToldNothing(step)) return '';
  if (step)
    return amountIn(step.unit, isWide ? step.current : (step.total ?? step.current), isWide ? step.total : null);
  return isWide ? amountText(row.bytes, row.totalBytes) : bytesText(row.totalBytes ?? row.bytes);
}

function speedOf(row: Row): string {
  const step = stepOf(row);
  if (step) return hasToldNothing(step) ? '' : speedIn(step.unit, step.speed);
  return row.status === 'downloading' ? speedText(row.speed) : '';
}

function etaText(row: Row, plan: Plan): string {
  const step = stepOf(row);
  const eta = step ? (step.eta?.expected ?? null) : row.status === 'downloading' ? row.eta : null;
  return eta === null ? '' : `${wholeSeconds(eta)}${plan.eta === widest.eta ? ' left' : ''}`;
}

function barText(row: Row, fraction: number | null, columns: number, canvas: Canvas): string {
  const { look } = canvas;
  if (fraction === null) {
    const moves = row.status === 'downloading' || stepOf(row) !== undefined;
    const { before, block, after } = wanderingParts(moves ? canvas.tick : 0, columns, look.bar);
    return look.paint('faint', before) + look.paint('busy', block) + look.paint('faint', after);
  }
  const { done, left } = barParts(fraction, columns, look.bar);
  return look.paint(fraction === 1 ? 'good' : 'busy', done) + look.paint('faint', left);
}

function countLine(rows: readonly Row[], totals: Totals, canvas: Canvas): string {
  const { look, measure } = canvas;
  const running = rows.filter(({ status }) => status === 'downloading' || status === 'processing').length;
  const speed = rows.reduce((sum, row) => sum + (row.status === 'downloading' ? row.speed : 0), 0);
  const waiting = totals.all - totals.done - totals.failed - running;
  const facts = [
    `${totals.done} of ${totals.all} done`,
    ...(totals.failed > 0 ? [`${totals.failed} failed`] : []),
    `${running} running`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(running > 0 ? [speedText(speed)] : []),
  ];
  return look.paint('faint', cutEnd(`  ${facts.join(` ${look.dot} `)}`, canvas.columns - 1, measure, look.ellipsis));
}
