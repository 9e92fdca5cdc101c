import { NotFound, type Shown } from '../commands/commands.ts';
import { wireDownload } from '../contract/wire.ts';
import type { Download } from '../downloads/download.ts';
import type { DownloadEvent } from '../downloads/events.ts';
import type { Longhaul } from '../instance/longhaul.ts';
import { printable } from '../log/printable.ts';
import { type ExitCode, exit, worst } from './exit-codes.ts';
import { measureFor } from './measure.ts';
import { summaryLines } from './summary.ts';
import { codeOf, nameOf } from './texts.ts';
import type { Context } from './verb.ts';
import { openView, type View } from './view.ts';

export interface FollowOptions {
  /** The longest wait for a next try, ms. */
  readonly wait: number;
  /** Print each download as JSON when it ends, instead of its summary. */
  readonly json: boolean;
  /** Aborted: stop waiting. */
  readonly signal: AbortSignal;
  /** Ids of all that are followed. Given: what is added for anybody meanwhile is followed, too, and goes in here. */
  readonly seen?: Set<number>;
  /** Called with each download that has come to an end, as it is then. */
  readonly onEnd?: (download: Download) => void;
}

/** What is needed of a download to follow it: there may be a hundred thousand. */
export type Followed = Pick<Download, 'id' | 'name' | 'link'>;

/** So many are watched at a time, in their order; one that ended earlier is told when its turn comes. */
const mostWatched = 64;

/**
 * Waits for the end of downloads and shows how they go: the common part of `get` and
 * `resume-downloads`. Tells how it ended; `exit.interrupted` when the signal came first.
 */
export async function follow(
  context: Context,
  longhaul: Longhaul,
  downloads: readonly Followed[],
  options: FollowOptions,
): Promise<ExitCode> {
  const view = await openView(context.screen, context.clock, downloads.length);
  const isCrowd = downloads.length > mostWatched;
  const follower = createFollower(context, longhaul, view, options);
  const asked = [...downloads];
  let next = 0;
  const codes = new Set<ExitCode>();
  const paused: Followed[] = [];
  const working = new Set<Promise<void>>();
  let isOpen = true;
  const begin = (work: Promise<void>) => {
    const one = work.finally(() => working.delete(one));
    working.add(one);
  };
  const watch = async () => {
    for (let download = asked[next++]; download; download = asked[next++]) {
      const end = follower.untilEnd(download, asked.length > 1);
      if (!isCrowd) follower.refresh(download.id);
      const code = await end;
      if (code === 'paused') paused.push(download);
      else codes.add(code);
    }
    next = Math.min(next, asked.length);
  };
  const join = async (id: number, seen: Set<number>) => {
    const shown = await showIfThere(longhaul, id);
    if (!shown || shown.download.runner !== null || seen.has(id)) return;
    seen.add(id);
    asked.push(shown.download);
    view.joined();
    if (working.size <= mostWatched) await watch();
  };
  const stops = [
    longhaul.onProgress(view.progress),
    longhaul.onEvent((event) => {
      const { kind, downloadId, to } = event;
      if (kind === 'added' && isOpen && options.seen?.has(downloadId) === false) begin(join(downloadId, options.seen));
      if (isLostHere(event, longhaul)) tellLost(context, downloads, event);
      // Of a crowd only what holds one up is worth a look at its row: the rest is over in no time.
      const isWorthIt = isCrowd
        ? to === 'retrying' || to === 'paused'
        : kind === 'state' || kind === 'resolved' || kind === 'step';
      if (isWorthIt) follower.refresh(downloadId);
    }),
  ];
  try {
    for (let n = Math.min(mostWatched, asked.length); n > 0; n -= 1) begin(watch());
    while (working.size > 0) await Promise.race(working);
    isOpen = false;
    for (const download of paused) codes.add((await follower.untilEnd(download, false)) as ExitCode);
    return worst(codes);
  } finally {
    for (const stop of stops) stop();
    view.close();
  }
}

/** Somebody took the lease away from this process. */
function isLostHere({ kind, to, detail }: DownloadEvent, { instance }: Longhaul): boolean {
  return kind === 'state' && to === 'pending' && detail.instance === instance;
}

function tellLost({ screen }: Context, downloads: readonly Followed[], { downloadId, detail }: DownloadEvent): void {
  const download = downloads.find(({ id }) => id === downloadId);
  if (!download) return;
  const { look, line } = screen.err;
  const what = `was taken away from this process (${printable(String(detail.why))}); whoever has it now goes on with it`;
  line(`${look.symbol('warning')} ${nameOf(download)}: ${what}`);
}

interface Follower {
  /** Looks at the row anew and shows it; in order, one after the other. */
  refresh(id: number): void;
  /** `othersRun`: one that is paused may yet be resumed while they do; it is asked for again later (`paused`). */
  untilEnd(download: Followed, othersRun: boolean): Promise<ExitCode | 'paused'>;
}

function createFollower(context: Context, longhaul: Longhaul, view: View, options: FollowOptions): Follower {
  const { screen } = context;
  const waiting = new Set<number>();
  let queue = Promise.resolve();
  const look = async (id: number): Promise<void> => {
    const shown = await showIfThere(longhaul, id);
    if (!shown || !waiting.has(id) || ended(shown.download)) return;
    // What is not waited for ends here, and its last line says the same.
    const { status, nextAttemptAt } = shown.download;
    if (status === 'retrying' && (nextAttemptAt ?? 0) - context.clock.now() > options.wait) return;
    view.changed(shown);
  };
  return {
    refresh(id) {
      if (waiting.has(id)) queue = queue.then(() => look(id)).catch(() => {});
    },
    async untilEnd(download, othersRun) {
      waiting.add(download.id);
      const row = await settledOrInterrupted(longhaul, download.id, options);
      await queue;
      waiting.delete(download.id);
      if (row === 'interrupted') return exit.interrupted;
      // One that is to be removed stands there for a moment yet.
      const shown = row && row.wish !== 'remove' ? await showIfThere(longhaul, row.id) : undefined;
      if (othersRun && shown?.download.status === 'paused') return 'paused';
      if (shown) options.onEnd?.(shown.download);
      const code = codeOf(shown?.download.status);
      const print = await (shown ? printer(screen, shown, options.json) : removedPrinter(screen, download));
      view.ended(download.id, { failed: code !== exit.done }, print);
      return code;
    },
  };
}

async function settledOrInterrupted(
  longhaul: Longhaul,
  id: number,
  { wait, signal }: FollowOptions,
): Promise<Download | undefined | 'interrupted'> {
  try {
    const row = await longhaul.settled(id, { wait, signal });
    return signal.aborted && !(row && ended(row)) ? 'interrupted' : row;
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    throw error;
  }
}

/** What was delivered is a result (stdout), unless JSON is; why something was not is none (stderr). */
async function printer(screen: Context['screen'], shown: Shown, json: boolean): Promise<() => void> {
  const surface = shown.download.status === 'completed' && !json ? screen.out : screen.err;
  const measure = await measureFor([nameOf(shown.download), shown.download.downloadPath ?? '']);
  const lines = summaryLines(shown, { look: surface.look, columns: surface.columns(), measure });
  return () => {
    for (const line of lines) surface.line(line);
    if (json) screen.json(wireDownload(shown.download, shown.files));
  };
}

function removedPrinter(screen: Context['screen'], download: Followed): () => void {
  return () => screen.err.line(`${screen.err.look.symbol('cancelled')} ${nameOf(download)}: removed by a person`);
}

function ended(download: Download): boolean {
  return ['completed', 'failed', 'cancelled', 'cleaned'].includes(download.status);
}

async function showIfThere(longhaul: Longhaul, id: number): Promise<Shown | undefined> {
  try {
    return await longhaul.commands.show(String(id));
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
