import type { Kept, KeptTotals, RetentionReason } from '../downloads/retention.ts';
import { isSeeded } from '../downloads/seeding.ts';
import { isUnfinished } from '../downloads/states.ts';
import { changeState, tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import { type DownloadRow, type FileRow, type StepRow, wishOptionsOf } from './rows.ts';
import { allKept } from './statements/all-kept.ts';
import { claimedSince } from './statements/claimed-since.ts';
import { downloadsByUid } from './statements/downloads-by-uid.ts';
import { endTurn } from './statements/end-turn.ts';
import { endedBefore } from './statements/ended-before.ts';
import { failedWithPartials } from './statements/failed-with-partials.ts';
import { fileByPartial } from './statements/file-by-partial.ts';
import { filesOfDownload } from './statements/files-of-download.ts';
import { forgetFetched } from './statements/forget-fetched.ts';
import { holdTurn } from './statements/hold-turn.ts';
import { lockDownload } from './statements/lock-download.ts';
import { removedEvent } from './statements/removed-event.ts';
import { resetFiles } from './statements/reset-files.ts';
import { setRetention } from './statements/set-retention.ts';
import { stepsGivenUp } from './statements/steps-given-up.ts';
import { stepsLeftElsewhere } from './statements/steps-left-elsewhere.ts';
import { takeTurn } from './statements/take-turn.ts';
import { toRemove } from './statements/to-remove.ts';
import { totalKept } from './statements/total-kept.ts';
import type { ChoreTurn, GivenUpBefore, Stray, Whose } from './tidy-store.ts';
import { erase } from './wishing.ts';

export interface RowWithFiles {
  readonly row: DownloadRow;
  readonly files: readonly FileRow[];
}

export function* take({ chore, owner }: ChoreTurn, stale: number, now: number): Work<boolean> {
  const turn = { name: chore, owner, now, stale, future: now + (now - stale) };
  return (yield* run(takeTurn, turn)) === 1;
}

export function* hold({ chore, owner }: ChoreTurn, now: number): Work<boolean> {
  return (yield* run(holdTurn, { name: chore, owner, now })) === 1;
}

export function* end({ chore, owner }: ChoreTurn, now: number): Work<void> {
  yield* run(endTurn, { name: chore, owner, now });
}

export function* totals(): Work<KeptTotals[]> {
  const rows = yield* all(totalKept, {});
  return rows.map(({ category, count, bytes, oldest }) => ({
    category,
    count,
    bytes: bytes ?? 0,
    oldest: oldest ?? 0,
  }));
}

export function* keptDownloads(): Work<Kept[]> {
  const rows = yield* all(allKept, {});
  return rows.map(({ id, category, completed_at, file_size }) => ({
    id,
    category,
    completedAt: completed_at ?? 0,
    bytes: file_size ?? 0,
  }));
}

export function* clean(
  turn: ChoreTurn,
  id: number,
  reason: RetentionReason,
  now: number,
): Work<RowWithFiles | 'taken' | undefined> {
  if (!(yield* hold(turn, now))) return undefined;
  const row = yield* get(lockDownload, { id });
  if (row?.status !== 'completed' || (row.seeding !== null && isSeeded({ state: row.seeding }))) return undefined;
  const files = yield* all(filesOfDownload, { download_id: id });
  for (const file of files) {
    if (file.final_path !== null && (yield* get(claimedSince, { path: file.final_path, id: file.id }))) return 'taken';
  }
  const changed = yield* changeState(row, 'cleaned', now, { detail: { ...reason } });
  yield* run(setRetention, { id, status: 'cleaned', retention: 'removing' });
  return { row: changed, files };
}

export function* leftToRemove(): Work<RowWithFiles[]> {
  return yield* withFiles(yield* all(toRemove, {}));
}

export function* filesRemoved(id: number): Work<void> {
  if ((yield* run(setRetention, { id, status: 'cleaned', retention: null })) === 1) {
    yield* run(resetFiles, { download_id: id });
  }
}

export function* letGo(
  turn: ChoreTurn,
  id: number,
  found: 'gone' | 'changed',
  message: string,
  now: number,
): Work<void> {
  if (!(yield* hold(turn, now))) return;
  const row = yield* get(lockDownload, { id });
  if (row?.status !== 'completed' || row.retention !== null) return;
  yield* run(setRetention, { id, status: 'completed', retention: found });
  yield* tell(row, 'warning', now, { message });
}

export function* failedWork(before: number): Work<RowWithFiles[]> {
  return yield* withFiles(yield* all(failedWithPartials, { before }));
}

export function* giveUpWork(turn: ChoreTurn, id: number, before: number, now: number): Work<FileRow[] | undefined> {
  if (!(yield* hold(turn, now))) return undefined;
  const row = yield* get(lockDownload, { id });
  if (row?.status !== 'failed' || row.updated_at >= before) return undefined;
  const files = yield* all(filesOfDownload, { download_id: id });
  yield* run(resetFiles, { download_id: id });
  yield* run(forgetFetched, { id });
  yield* tell(row, 'tidied', now, { why: 'it failed long ago', bytes: row.bytes_downloaded });
  return files;
}

export function* ended(before: number, limit: number): Work<DownloadRow[]> {
  const failed = yield* all(endedBefore, { status: 'failed', before, limit });
  const cancelled = yield* all(endedBefore, { status: 'cancelled', before, limit });
  return [...failed, ...cancelled].sort((a, b) => a.updated_at - b.updated_at).slice(0, limit);
}

export function* forgetEnded(turn: ChoreTurn, id: number, before: number, now: number): Work<FileRow[] | undefined> {
  if (!(yield* hold(turn, now))) return undefined;
  const row = yield* get(lockDownload, { id });
  if (!row || (row.status !== 'failed' && row.status !== 'cancelled') || row.updated_at >= before) return undefined;
  const files = yield* all(filesOfDownload, { download_id: id });
  yield* erase(row, now);
  return files;
}

export function* givenUp({ cancelled, failed, ended: ended_before }: GivenUpBefore): Work<StepRow[]> {
  const rows = yield* all(stepsGivenUp, { cancelled_before: cancelled, failed_before: failed, ended_before });
  const given = rows.filter((row) => wishOptionsOf(row).keepPartial !== true);
  return [...given, ...(yield* all(stepsLeftElsewhere, {}))];
}

export function* whoseWork(strays: readonly Stray[]): Work<Whose[]> {
  const answers: Whose[] = [];
  for (const stray of strays) answers.push(yield* whose(stray));
  return answers;
}

function* whose({ uid, partialPath }: Stray): Work<Whose> {
  if (yield* get(fileByPartial, { path: partialPath })) return 'claimed';
  const [row] = yield* all(downloadsByUid, { low: uid, high: uid, limit: 1 });
  // Its bytes are in place, and a retry goes on with its steps.
  if (row?.status === 'failed' && row.download_path !== null) return 'claimed';
  if (row) return isUnfinished(row.status) ? 'unfinished' : 'ended';
  return (yield* get(removedEvent, { uid })) ? 'removed' : 'unknown';
}

function* withFiles(rows: readonly DownloadRow[]): Work<RowWithFiles[]> {
  const found: RowWithFiles[] = [];
  for (const row of rows) found.push({ row, files: yield* all(filesOfDownload, { download_id: row.id }) });
  return found;
}
