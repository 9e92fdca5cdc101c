import type { Shown } from '../commands/commands.ts';
import type { Download } from '../downloads/download.ts';
import type { ProgressReport } from '../downloads/events.ts';
import { type DownloadStep, specText } from '../downloads/steps.ts';
import { hasEnded, type OperationProgress } from '../downloads/tracker.ts';
import { peerWait } from '../downloads/waiting.ts';
import { amountText, momentText, wholeSeconds } from '../downloads/words.ts';
import { printable } from '../log/printable.ts';
import type { Clock } from '../time/clock.ts';
import { frameLines, type Row } from './frame.ts';
import { anyMeasure, type Measure } from './measure.ts';
import type { LiveArea, Screen, Surface } from './screen.ts';
import { nameOf } from './texts.ts';

/** Shows how downloads go, on stderr. */
export interface View {
  /** Begins with this row, or goes on with what it is now. */
  changed(shown: Pick<Shown, 'download' | 'steps' | 'why'>): void;
  /** One more is to be shown than was said. */
  joined(): void;
  progress(report: ProgressReport): void;
  /** No longer shown; `print` writes its last lines, undisturbed. */
  ended(id: number, end: { readonly failed: boolean }, print: () => void): void;
  close(): void;
}

/** Bars on a terminal, otherwise a line for each change of state. */
export async function openView(screen: Screen, clock: Clock, all: number): Promise<View> {
  if (!screen.err.isTerminal) return lineView(screen.err);
  const [area, measure] = await Promise.all([screen.err.live(), anyMeasure()]);
  return liveView({ surface: screen.err, area, measure, clock }, all);
}

function lineView(surface: Surface): View {
  const told = new Map<number, string>();
  return {
    changed({ download, steps, why }) {
      const line = `${download.id} ${nameOf(download)}: ${stateText(download, steps, why)}`;
      const key = `${download.status} ${download.nextAttemptAt ?? ''} ${stepAt(steps) ?? ''}`;
      if (told.get(download.id) === key) return;
      told.set(download.id, key);
      surface.line(line);
    },
    joined: () => {},
    progress: () => {},
    ended: (_id, _end, print) => print(),
    close: () => {},
  };
}

/** The step that is at work, as `convert=aac:128 (1 of 2)`; undefined where none is left. */
function stepAt(steps: readonly DownloadStep[]): string | undefined {
  const at = steps.findIndex(({ status }) => status !== 'completed');
  const step = steps[at];
  if (!step) return undefined;
  return `${printable(specText(step))}${steps.length > 1 ? ` (${at + 1} of ${steps.length})` : ''}`;
}

function stateText(download: Download, steps: readonly DownloadStep[], why: string): string {
  if (download.status === 'downloading') {
    const begun = download.bytesDownloaded > 0 || download.totalBytes !== null;
    return begun
      ? `downloading, ${amountText(download.bytesDownloaded, download.totalBytes)} there already`
      : 'downloading';
  }
  if (download.status === 'processing') return `in place, ${stepAt(steps) ?? 'finishing'}`;
  const plain =
    download.status === 'completed' ||
    download.status === 'paused' ||
    (download.status === 'pending' && !download.waitingFor);
  if (plain) return download.status;
  return `${download.status}: ${printable(why)}`;
}

/** A frame is drawn so often, ms. */
const frameEvery = 125;

interface LiveParts {
  readonly surface: Surface;
  readonly area: LiveArea;
  readonly measure: Measure;
  readonly clock: Clock;
}

function liveView({ surface, area, measure, clock }: LiveParts, all: number): View {
  const rows = new Map<number, Row & Pick<Shown, 'download' | 'why'>>();
  const totals = { all, done: 0, failed: 0 };
  let tick = 0;
  const draw = (): void => {
    tick += 1;
    const now = clock.now();
    const drawn = [...rows.values()].map((row): Row => ({ ...row, waiting: waitingText(row, now) }));
    area.draw(
      frameLines(drawn, totals, {
        columns: surface.columns(),
        rows: surface.rows(),
        look: surface.look,
        measure,
        tick,
      }),
    );
  };
  const stop = clock.every(frameEvery, draw);
  return {
    changed({ download, why }) {
      const before = rows.get(download.id);
      rows.set(download.id, {
        ...(before ?? rowOf(download)),
        name: nameOf(download),
        status: download.status,
        download,
        why,
      });
    },
    joined() {
      totals.all += 1;
    },
    progress(report) {
      const before = rows.get(report.downloadId);
      if (!before) return;
      const { status, bytes, totalBytes, speed, eta, progress } = report;
      const name = report.name === null ? before.download.name : report.name;
      rows.set(report.downloadId, {
        ...before,
        ...{ status, bytes, totalBytes, speed, eta },
        progress: hasEnded(progress) || !isMeasured(progress) ? undefined : progress,
        name: labelled(progress, name === null ? before.name : printable(name)),
        download: { ...before.download, status },
      });
    },
    ended(id, { failed }, print) {
      rows.delete(id);
      totals[failed ? 'failed' : 'done'] += 1;
      draw();
      print();
    },
    close() {
      stop();
      area.close();
    },
  };
}

/** Bytes tell nothing of how far a step is, nor a download whose size nobody knows. */
function isMeasured({ operation, total, percentage }: OperationProgress): boolean {
  return operation !== 'download' || (total === null && percentage !== null);
}

function labelled({ operation, status }: OperationProgress, name: string): string {
  return operation === 'download' || status === 'completed' ? name : `${operation}: ${name}`;
}

function rowOf(download: Download): Row {
  const { status, bytesDownloaded: bytes, totalBytes } = download;
  return { name: nameOf(download), status, bytes, totalBytes, speed: 0, eta: null };
}

const waitingWords: Readonly<Record<string, string>> = {
  slot: 'waits for a free slot',
  step: 'waits for a free place for its steps',
  host: 'waits for a free place at its host',
  space: 'waits for free space',
};

function waitingText({ download, why }: Pick<Shown, 'download' | 'why'>, now: number): string | undefined {
  if (download.status === 'pending' && download.waitingFor === 'window') return printable(why);
  if (download.status === 'pending') return waitingWords[download.waitingFor ?? ''] ?? 'waits for its turn';
  if (download.status === 'paused') return 'paused';
  if (peerWait(download, now) === 'metadata') return 'asks peers what it contains';
  if (download.status !== 'retrying') return undefined;
  const at = download.nextAttemptAt;
  const when = at === null || at <= now ? 'tries again now' : `tries again in ${wholeSeconds(at - now)}`;
  const late = at !== null && at - now > 120_000 ? ` (${momentText(at, now)})` : '';
  return `${when}${late}${download.errorMessage ? `: ${printable(download.errorMessage)}` : ''}`;
}
