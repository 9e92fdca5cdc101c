import { all, get, run, type Work } from './database.ts';
import type { CandidateFilter, Runner } from './queue-facts.ts';
import type { CandidateRow } from './rows.ts';
import { callUp } from './statements/call-up.ts';
import { claimableInPlace } from './statements/claimable-in-place.ts';
import { claimableSteps } from './statements/claimable-steps.ts';
import { claimableWished } from './statements/claimable-wished.ts';
import { disown } from './statements/disown.ts';
import { firstOfHost } from './statements/first-of-host.ts';
import { instanceNamed } from './statements/instance-named.ts';
import { nextCategory } from './statements/next-category.ts';
import { nextDue } from './statements/next-due.ts';
import { nextOfHost } from './statements/next-of-host.ts';
import { nextPriority } from './statements/next-priority.ts';
import { nextRunner } from './statements/next-runner.ts';

/** Looked at beside as many hosts as there are free slots, so that those with less at work can go before. */
const moreHosts = 8;
/** Above every priority. */
const highest = 2 ** 31 - 1;
/** Below every name of a category and of a host. */
const lowest = '';

/**
 * What may be claimed now, in turns: what needs no fetching; then, of the highest priority that has
 * something for a free slot, the first of each host that has room, category by category, each beginning after the
 * one served last. However many wait, only a few rows of each host are read.
 */
export function* candidates(filter: CandidateFilter): Work<CandidateRow[]> {
  const found = new Map<number, CandidateRow>();
  const { limit } = filter;
  for (const runner of runnersOf(filter)) {
    if (limit > 0) {
      for (const row of yield* all(claimableWished, { runner, limit })) found.set(row.id, row);
      for (const row of yield* all(claimableInPlace, { runner, limit })) found.set(row.id, row);
    }
    if (filter.steps > 0)
      for (const row of yield* all(claimableSteps, { runner, limit: filter.steps })) found.set(row.id, row);
    if (!filter.closed && limit > 0) for (const row of yield* inTurn(filter, runner)) found.set(row.id, row);
  }
  return [...found.values()];
}

/** The earliest moment at which something that waits for its next try may be claimed. */
export function* earliestDue(filter: Runner): Work<number | undefined> {
  const moments: number[] = [];
  for (const runner of runnersOf(filter)) {
    const row = yield* get(nextDue, { runner });
    if (row?.at != null) moments.push(row.at);
  }
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** Whose next try is due stands in the queue; tells how many came to stand there. */
export function* call(filter: Runner & { readonly now: number; readonly limit: number }): Work<number> {
  let called = 0;
  for (const runner of runnersOf(filter))
    called += yield* run(callUp, { runner, now: filter.now, limit: filter.limit });
  return called;
}

/** What belonged to instances that are not registered any more belongs to nobody; tells how many rows that were. */
export function* freeOrphans(limit: number): Work<number> {
  let freed = 0;
  for (let next = yield* get(nextRunner, { after: lowest }); next; ) {
    const { runner } = next;
    if (!(yield* get(instanceNamed, { uid: runner }))) freed += yield* run(disown, { runner, limit: limit - freed });
    if (freed >= limit) break;
    next = yield* get(nextRunner, { after: runner });
  }
  return freed;
}

/** Its own, and with `anyRunner` those of nobody. */
function runnersOf({ runner, anyRunner }: Runner): readonly string[] {
  return anyRunner ? [runner, '-'] : [runner];
}

interface Level {
  readonly runner: string;
  readonly priority: number;
  readonly ranked: number;
}

function* inTurn(filter: CandidateFilter, runner: string): Work<CandidateRow[]> {
  const found: CandidateRow[] = [];
  let next = yield* get(nextPriority, { runner, below: highest });
  while (next && found.length < filter.limit) {
    const { priority } = next;
    for (const ranked of [0, 1]) {
      if (found.length < filter.limit) found.push(...(yield* ofLevel(filter, { runner, priority, ranked })));
    }
    next = yield* get(nextPriority, { runner, below: priority });
  }
  return found;
}

/** Of each category twice its share of the free slots: the first of each host, and more of each where those are too few. */
function* ofLevel(filter: CandidateFilter, level: Level): Work<CandidateRow[]> {
  const categories = yield* categoriesOf(filter, level);
  const share = Math.ceil((2 * filter.limit) / Math.max(1, categories.length));
  const rows: CandidateRow[] = [];
  for (const category of categories) {
    const firsts = yield* firstsOf(filter, level, category, Math.min(filter.limit, share) + moreHosts);
    const limit = Math.min(filter.limit, Math.ceil(share / Math.max(1, firsts.length)));
    if (limit === 1) rows.push(...firsts);
    else for (const { host } of firsts) rows.push(...(yield* all(firstOfHost, { ...level, category, host, limit })));
  }
  return rows;
}

/** All that have room, the one after the last served first. */
function* categoriesOf({ turn, full }: CandidateFilter, level: Level): Work<string[]> {
  const found = yield* around(
    turn.category,
    Number.POSITIVE_INFINITY,
    full.categories,
    function* (after) {
      return (yield* get(nextCategory, { ...level, after }))?.category;
    },
    (name) => name,
  );
  return found;
}

/** The first of so many hosts of a category that have room, from the one after the last served. */
function* firstsOf(
  { turn, full }: CandidateFilter,
  level: Level,
  category: string,
  most: number,
): Work<CandidateRow[]> {
  return yield* around(
    turn.hosts.get(category),
    most,
    full.hosts,
    function* (after) {
      return yield* get(nextOfHost, { ...level, category, after });
    },
    ({ host }) => host,
  );
}

/** So many that `step` leads to, from the one after `last` around to `last` itself, without those that are full. */
function* around<T>(
  last: string | undefined,
  most: number,
  full: ReadonlySet<string>,
  step: (after: string) => Work<T | undefined>,
  nameOf: (found: T) => string,
): Work<T[]> {
  const found: T[] = [];
  const seen = new Set<string>();
  let at = last ?? lowest;
  let wrapped = at === lowest;
  while (found.length < most) {
    const next = yield* step(at);
    if (next === undefined && wrapped) break;
    wrapped ||= next === undefined;
    at = next === undefined ? lowest : nameOf(next);
    if (next === undefined) continue;
    if (seen.has(at)) break;
    seen.add(at);
    if (!full.has(at)) found.push(next);
  }
  return found;
}
