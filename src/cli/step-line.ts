import { basename } from 'node:path';
import { type DownloadStep, madeFiles, type StepStatus, specText } from '../downloads/steps.ts';
import { bytesText, spanText } from '../downloads/words.ts';
import { printable } from '../log/printable.ts';
import type { Look } from './look.ts';

/** How each state of a step is shown. */
const symbols = {
  pending: 'pending',
  running: 'processing',
  publishing: 'processing',
  completed: 'completed',
  failed: 'failed',
} as const satisfies Record<StepStatus, string>;

/** One step of a download: what, how far, and what came of it. */
export function stepLine(step: DownloadStep, look: Look): string {
  const { position, status, tries, startedAt, endedAt, outcome } = step;
  const took = startedAt !== null && endedAt !== null ? [spanText(endedAt - startedAt)] : [];
  const made = madeFiles(outcome);
  const facts = [
    status === 'publishing' ? 'giving what it made its names' : status,
    ...took,
    ...(tries > 1 ? [`${tries} tries`] : []),
    ...made.map(({ path, size }) => `${look.arrow} ${printable(basename(path))} ${bytesText(size)}`),
    ...(outcome?.link === undefined ? [] : [printable(outcome.link)]),
    ...(outcome?.warning === undefined
      ? []
      : [`${look.symbol('warning')} ${look.paint('careful', printable(outcome.warning))}`]),
    ...(outcome?.note === undefined ? [] : [look.paint('faint', printable(outcome.note))]),
  ];
  return [look.symbol(symbols[status]), `${position + 1}.`, printable(specText(step)), facts.join('  ')].join(' ');
}
