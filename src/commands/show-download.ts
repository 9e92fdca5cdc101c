import type { Download } from '../downloads/download.ts';
import { isSeeded } from '../downloads/seeding.ts';
import { isUnfinished } from '../downloads/states.ts';
import { plannedSteps } from '../downloads/steps.ts';
import type { Shown } from './commands.ts';
import { findDownload } from './find-download.ts';
import { withLive } from './live.ts';
import { anyEngine, type CommandParts, livingInstance } from './parts.ts';
import { withWaiting } from './waiting.ts';
import { type Holder, whyOf } from './why.ts';

/** The timeline shows at most so many events: the newest. */
const mostEvents = 10_000;

/** Everything that is known of one download; what happened to it only with `timeline`. */
export async function showDownload(
  parts: CommandParts,
  reference: string,
  { timeline } = { timeline: false },
): Promise<Shown> {
  const { store, clock, schedule } = parts;
  const row = await findDownload(parts, reference);
  const [download = row] = await withLive(parts, await withWaiting(parts, [row]));
  const [files, attempts, rows, events] = await Promise.all([
    store.files(download.id),
    store.attempts(download.id),
    store.steps(download.id),
    timeline ? store.events({ downloadId: download.id, limit: mostEvents }) : [],
  ]);
  const isOver = !isUnfinished(download.status) && download.wish === null;
  const holder = isOver ? null : await holderOf(parts, download);
  const isActive = !isOver || isSeeded(download.seeding);
  const willRun = isActive && (holder?.alive === true || (await anyEngine(parts)) !== undefined);
  const now = clock.now();
  const closedUntil = schedule.closedUntil(now);
  const steps = rows.length > 0 ? rows : plannedSteps(download.options.steps ?? []);
  const why = whyOf(download, { steps, holder, willRun, maxTries: parts.maxTries, closedUntil }, now);
  return { download, files, attempts, steps, events, why };
}

async function holderOf(parts: CommandParts, download: Download): Promise<Holder | null> {
  const uid = download.lockedBy ?? download.runner;
  const row = (await parts.store.instances()).find((instance) => instance.uid === uid);
  if (!row) return null;
  const alive = (await livingInstance(parts, row.uid)) !== undefined;
  return { pid: row.pid, host: row.host, role: row.role, alive };
}
