import { formatRate, isRate } from '../config/rate.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import { bytesText, momentText } from '../downloads/words.ts';
import { printable } from '../log/printable.ts';
import type { Look } from './look.ts';

/** One line of a timeline: when, what, and the evidence in words. */
export function eventLine(event: DownloadEvent, look: Look, now: number): string {
  const { kind, from, to, at } = event;
  if (kind === 'step') return [look.paint('faint', momentText(at, now)), ...stepWords(event, look)].join('  ');
  const title = kind === 'state' && to ? `${from ?? ''} ${look.arrow} ${to}`.trim() : (titles[kind] ?? kind);
  const detail = printable(detailOf(event, now).join(', '));
  return [look.paint('faint', momentText(at, now)), title, ...(detail ? [look.paint('faint', detail)] : [])].join('  ');
}

function stepWords({ detail }: DownloadEvent, look: Look): string[] {
  const { step, number, of, files, what, link, note, warning } = detail;
  const place = typeof of === 'number' && of > 1 ? ` (${number} of ${of})` : '';
  const made = typeof files === 'number' && files > 0 ? [files === 1 ? '1 file' : `${files} files`] : [];
  const facts = [what, ...made, warning, link, note].filter((fact) => typeof fact === 'string').map(printable);
  return [`${printable(String(step))}${place}`, look.paint('faint', facts.join(', '))];
}

const titles: Partial<Record<DownloadEvent['kind'], string>> = { wish: 'asked', resolved: 'found' };

/** What only programs read, or what stands beside it already: of a failed try the sentence is told with the try. */
const unsaid = new Set(['source', 'counts', 'instance', 'token']);

type Fact = readonly [name: string, value: unknown];

function detailOf({ kind, detail }: DownloadEvent, now: number): string[] {
  return Object.entries(detail)
    .filter(
      ([name, value]) =>
        value !== null && value !== undefined && (value !== false || name === 'ok') && !unsaid.has(name),
    )
    .filter(([name]) => !(kind === 'state' && name === 'message'))
    .map((fact) => words(fact, now));
}

function words([name, value]: Fact, now: number): string {
  if (name === 'nextAttemptAt' && typeof value === 'number') return `next try ${momentText(value, now)}`;
  if (name === 'rate') return isRate(value) ? formatRate(value) : 'as configured';
  if (name === 'files' && typeof value === 'number') return value === 1 ? '1 file' : `${value} files`;
  const label = labels[name];
  if (typeof value === 'number' && /bytes$/i.test(name))
    return label ? `${label} ${bytesText(value)}` : bytesText(value);
  if (name === 'ok') return value === true ? 'all is right' : 'something differs';
  if (value === true) return label ?? name;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (label === '') return text;
  return `${label ?? name} ${text}`;
}

/** In front of a value; empty: it speaks for itself. */
const labels: Readonly<Record<string, string>> = {
  reason: '',
  why: '',
  path: '',
  name: '',
  message: '',
  error: '',
  integrity: '',
  wish: 'to',
  bytes: '',
  totalBytes: '',
  lostBytes: 'given up:',
  discardedBytes: 'given up:',
  directory: 'for',
  checked: 'looked at its',
  keepPartial: 'and keep the partial',
  deleteFiles: 'and delete the files',
  what: '',
  note: '',
  link: '',
};
