import type { Download, Live } from '../downloads/download.ts';
import { seedingText } from '../downloads/seeding.ts';
import { bytesText, speedText } from '../downloads/words.ts';
import { printable } from '../log/printable.ts';
import { measureFor } from './measure.ts';
import type { Surface } from './screen.ts';
import { type Cell, tableLines } from './table.ts';
import { doneText, nameOf } from './texts.ts';

/** Downloads as a table that fits the surface. `now`: epoch ms. */
export async function downloadTable(
  downloads: readonly (Download & Live)[],
  surface: Surface,
  now: number,
): Promise<string[]> {
  const { look } = surface;
  const names = downloads.map(nameOf);
  const measure = await measureFor(names);
  const categories = downloads.some(({ category }) => category !== null);
  const rows = downloads.map((download, n): Cell[] => [
    { text: String(download.id) },
    {
      text: statusText(download, now),
      paint: (text) => statusPaint(download, text, surface),
    },
    { text: doneText(download) },
    { text: sizeText(download) },
    ...(categories ? [{ text: printable(download.category ?? '') }] : []),
    {
      text: names[n] ?? '',
      paint: (text) =>
        download.status === 'cleaned' || download.status === 'cancelled' ? look.paint('faint', text) : text,
    },
  ]);
  return tableLines(
    [
      { title: 'ID', align: 'right' },
      { title: 'STATUS' },
      { title: 'DONE', align: 'right' },
      { title: 'SIZE', align: 'right' },
      ...(categories ? [{ title: 'CATEGORY' }] : []),
      { title: 'NAME', shrinks: true },
    ],
    rows,
    { columns: surface.columns(), measure, ellipsis: look.ellipsis },
  ).map((line, n) => (n === 0 ? look.paint('faint', line) : line));
}

function statusText(
  { status, wish, waitingFor, live, seeding, fileSize, warning }: Download & Live,
  now: number,
): string {
  const seeds = status === 'completed' && !wish ? seedingText(seeding, fileSize, now) : undefined;
  if (seeds !== undefined) return seeds;
  if (wish) return `${status}, ${wish} asked`;
  if (live && live.speed > 0) return `${status} ${speedText(live.speed)}`;
  if (isWarned({ status, warning })) return `${status}, with a warning`;
  return waitingFor ? `${status} (${waitingFor})` : status;
}

/** What a step had to say of the result counts while it is there. */
function isWarned({ status, warning }: Pick<Download, 'status' | 'warning'>): boolean {
  return status === 'completed' && warning !== null;
}

function statusPaint({ status, warning }: Download, text: string, { look }: Surface): string {
  if (isWarned({ status, warning })) return look.paint('careful', text);
  if (status === 'completed') return look.paint('good', text);
  if (status === 'failed') return look.paint('bad', text);
  if (status === 'downloading' || status === 'processing') return look.paint('busy', text);
  return status === 'retrying' || status === 'paused' ? look.paint('careful', text) : look.paint('faint', text);
}

function sizeText(download: Download): string {
  const size = download.fileSize ?? download.totalBytes;
  if (size !== null) return bytesText(size);
  return download.bytesDownloaded > 0 ? `${bytesText(download.bytesDownloaded)}+` : '-';
}
