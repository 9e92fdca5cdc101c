import type { Place } from '../downloads/place.ts';
import { isUnfinished } from '../downloads/states.ts';
import { isLeased, tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import type { QueuedFilter, SetFacts } from './queue-facts.ts';
import type { DownloadRow } from './rows.ts';
import { setSeed } from './seeding.ts';
import { select } from './selecting.ts';
import { lockDownload } from './statements/lock-download.ts';
import { rankBounds } from './statements/rank-bounds.ts';
import { rankedPriority, rankedRows } from './statements/ranked.ts';
import { rankedAfter, rankedBefore } from './statements/ranked-beside.ts';
import { setGroup } from './statements/set-group.ts';
import { setPosition } from './statements/set-position.ts';
import { shiftAfter, shiftBefore } from './statements/shift-ranks.ts';
import { NotPossible } from './store.ts';

/** Between two neighbours in the order, so that a row moves without them. */
export const gap = 2 ** 20;

/** Changes a waiting download's place inside its priority. */
export function* move(id: number, place: Place, now: number): Work<DownloadRow> {
  const row = yield* get(lockDownload, { id });
  if (!row) throw new NotPossible(`there is no download ${id}`);
  if (!isUnfinished(row.status) || isLeased(row.status)) {
    throw new NotPossible(`download ${id} is ${row.status}; only what waits can be moved`);
  }
  const position = yield* positionAt(row, place);
  if (position === undefined) return row;
  yield* run(setPosition, { id, position, now });
  yield* tell(row, 'changed', now, { moved: place });
  return { ...row, position, updated_at: now };
}

/** Changes what a download is counted with, which of its files come, and for how long it is seeded. */
export function* set(id: number, { seed, ...facts }: SetFacts, now: number): Work<DownloadRow> {
  const row = yield* get(lockDownload, { id });
  if (!row) throw new NotPossible(`there is no download ${id}`);
  const isOfSeeding = seed !== undefined && Object.keys(facts).length === 0;
  if (!isUnfinished(row.status) && !(isOfSeeding && row.status === 'completed')) {
    const rest = isOfSeeding
      ? 'only what is unfinished or in place can be seeded'
      : 'only what is unfinished can be changed';
    throw new NotPossible(`download ${id} is ${row.status}; ${rest}`);
  }
  const seeded = seed === undefined ? row : yield* setSeed(row, seed, now);
  const isOfFiles = facts.select !== undefined || facts.filePriorities !== undefined;
  return yield* count(isOfFiles ? yield* select(seeded, facts, now) : seeded, facts, now);
}

/** What waits, in its order. */
export function* inOrder({ after, limit }: QueuedFilter): Work<DownloadRow[]> {
  const rows: DownloadRow[] = [];
  const first = yield* get(rankedPriority, { below: after ? after.priority + 1 : highest });
  for (let level = first; level && rows.length < limit; ) {
    const { priority } = level;
    const { position, id } = after?.priority === priority ? after : beforeAll;
    rows.push(...(yield* all(rankedRows, { priority, position, id, limit: limit - rows.length })));
    level = yield* get(rankedPriority, { below: priority });
  }
  return rows;
}

/** Above every priority. */
const highest = 2 ** 31 - 1;
const beforeAll = { position: Number.MIN_SAFE_INTEGER, id: 0 };

/** Behind everything unfinished of this priority. */
export function* behindAll(priority: number): Work<number> {
  const bounds = yield* get(rankBounds, { priority });
  return Math.max(0, bounds?.last ?? 0) + gap;
}

/** With another priority it stands behind those that wait there. */
function* count(row: DownloadRow, facts: SetFacts, now: number): Work<DownloadRow> {
  const { id } = row;
  const { priority = row.priority, category = row.category } = facts;
  if (priority === row.priority && category === row.category) return row;
  const position = priority === row.priority ? row.position : yield* behindAll(priority);
  yield* run(setGroup, { id, priority, category, position, now });
  yield* tell(row, 'changed', now, {
    ...(priority === row.priority ? {} : { priority }),
    ...(category === row.category ? {} : { category }),
  });
  return { ...row, priority, category, position, updated_at: now };
}

/** Undefined: it stands there already. */
function* positionAt(row: DownloadRow, place: Place): Work<number | undefined> {
  if (place === 'bottom') return yield* behindAll(row.priority);
  if (place === 'top') {
    const bounds = yield* get(rankBounds, { priority: row.priority });
    return Math.min(0, (bounds?.first ?? gap) - gap);
  }
  const beside = place === 'up' ? rankedBefore : rankedAfter;
  const [near, far] = yield* all(beside, { priority: row.priority, position: row.position, id: row.id });
  if (!near) return undefined;
  return place === 'up' ? yield* between(row.priority, far, near) : yield* between(row.priority, near, far);
}

interface Ranked {
  readonly id: number;
  readonly position: number;
}

/** `low` and `high` are neighbours; where nothing fits between them, all on one side make room. One of them is there. */
function* between(priority: number, low: Ranked | undefined, high: Ranked | undefined): Work<number> {
  if (!low) return (high?.position ?? 0) - gap;
  if (!high) return low.position + gap;
  const middle = Math.floor((low.position + high.position) / 2);
  if (low.position < middle && middle < high.position) return middle;
  if (low.position <= 0) yield* run(shiftBefore, { priority, ...low, gap });
  else yield* run(shiftAfter, { priority, ...high, gap });
  return low.position <= 0 ? low.position - gap / 2 : high.position + gap / 2;
}
