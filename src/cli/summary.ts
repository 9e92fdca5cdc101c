import type { Shown } from '../commands/commands.ts';
import type { Attempt, Download, Integrity } from '../downloads/download.ts';
import { bytesText, spanText, speedText } from '../downloads/words.ts';
import { printable } from '../log/printable.ts';
import type { Look } from './look.ts';
import { cutMiddle, type Measure } from './measure.ts';
import { nameOf, placeOf } from './texts.ts';

export interface SummaryPlace {
  readonly look: Look;
  readonly columns: number;
  readonly measure: Measure;
}

/**
 * How a download ended: what was delivered, where, how fast and how sure, or one sentence on why it
 * was not. One line; where a path does not fit beside the figures it has the next one to itself.
 */
export function summaryLines(
  shown: Pick<Shown, 'download' | 'attempts' | 'steps' | 'why'>,
  place: SummaryPlace,
): string[] {
  const { download } = shown;
  const symbol = place.look.symbol(download.status);
  if (download.status !== 'completed')
    return [`${symbol} ${nameOf(download)}: ${printable(shown.why)}${later(download)}`];
  const facts = deliveredFacts(download, shown.attempts).join(` ${place.look.dot} `);
  const path = download.downloadPath === null ? nameOf(download) : placeOf(download);
  const link = download.resultLink === null ? [] : [`  ${printable(download.resultLink)}`];
  const warning = download.warning === null ? [] : [`  ${place.look.symbol('warning')} ${printable(download.warning)}`];
  const more = [...warning, ...link, ...notesOf(shown.steps).map((note) => place.look.paint('faint', `  ${note}`))];
  if (place.measure(path) + place.measure(facts) + 4 < place.columns)
    return [`${symbol} ${path}  ${place.look.paint('faint', facts)}`, ...more];
  const room = Math.max(12, place.columns - place.measure(facts) - 5);
  return [
    `${symbol} ${cutMiddle(nameOf(download), room, place.measure, place.look.ellipsis)}  ${place.look.paint('faint', facts)}`,
    `  ${path}`,
    ...more,
  ];
}

/** What a person should know of steps; where something was moved to, its path says. */
function notesOf(steps: Shown['steps']): string[] {
  return steps.flatMap(({ kind, outcome }) =>
    outcome?.note === undefined || outcome.moved ? [] : [`${kind}: ${printable(outcome.note)}`],
  );
}

/** Whoever leaves a download waiting leaves nobody who goes on with it. */
function later({ status }: Download): string {
  const waits = status === 'pending' || status === 'retrying';
  return waits ? '; not waited for: go on with longhaul resume-downloads' : '';
}

/** How sure it is, in words. */
const sureness: Readonly<Record<Integrity, string>> = {
  checksum: 'checksum matches',
  validator: 'same version',
  length: 'length matches',
  unverified: 'unverified',
};

function deliveredFacts(download: Download, attempts: readonly Attempt[]): string[] {
  const { ms, bytes } = workOf(attempts);
  // The time of steps is no time of fetching.
  const isFetchedOnly = (download.options.steps ?? []).length === 0;
  const speed = isFetchedOnly && ms > 0 && bytes > 0 ? [speedText((bytes * 1000) / ms)] : [];
  const isFetched = download.source !== 'local';
  const sure = download.integrity === null || !isFetched ? [] : [sureness[download.integrity]];
  return [bytesText(download.fileSize ?? download.totalBytes), spanText(ms), ...speed, ...sure];
}

/** Time and bytes of all tries together: a pause in between does not make it slow. */
function workOf(attempts: readonly Attempt[]): { readonly ms: number; readonly bytes: number } {
  let ms = 0;
  let bytes = 0;
  for (const { startedAt, endedAt, fromBytes, toBytes } of attempts) {
    ms += Math.max(0, (endedAt ?? startedAt) - startedAt);
    bytes += Math.max(0, (toBytes ?? fromBytes) - fromBytes);
  }
  return { ms, bytes };
}
