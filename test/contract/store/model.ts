import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Lease } from '../../../src/downloads/download.ts';
import type { Range } from '../../../src/downloads/ranges.ts';
import {
  isUnfinished,
  leasedStatuses,
  mayChange,
  type Status,
  statuses,
  wishes,
} from '../../../src/downloads/states.ts';
import { type Change, type NewDownload, NotPossible, type Store } from '../../../src/store/store.ts';
import { runs } from '../../support/runs.ts';
import {
  aDownload,
  anybody,
  delivered,
  manifest,
  networkError,
  type Promises,
  present,
  retryAt,
  runsOn,
  ttl,
} from './scene.ts';

type Move =
  | { readonly do: 'claim'; readonly by: string }
  | { readonly do: 'change'; readonly lease: number; readonly to: Change['to'] }
  | { readonly do: 'wish'; readonly wish: (typeof wishes)[number] }
  | { readonly do: 'rescue'; readonly dead: string }
  | { readonly do: 'pulse'; readonly lease: number; readonly ranges: readonly Range[] }
  | { readonly do: 'manifest'; readonly lease: number; readonly restart: boolean }
  | { readonly do: 'follow' }
  /** The clock goes on, or is set: either way. */
  | { readonly do: 'time'; readonly ms: number };

const someone = fc.constantFrom('a', 'b');
/** Which of all leases that were ever given out, from the newest back. */
const which = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) });

const hour = 3_600_000;
/** Of a file of 1000 bytes; in any order, and overlapping. */
const range: fc.Arbitrary<Range> = fc
  .tuple(fc.nat(999), fc.integer({ min: 1, max: 1000 }))
  .map(([from, length]) => [from, Math.min(1000, from + length)] as const);

const weighted = (weight: number, arbitrary: fc.Arbitrary<Move>) => ({ weight, arbitrary });

/** Weighted so that most leases are given, worked with and ended, and a download comes to each of its states. */
const move: fc.Arbitrary<Move> = fc.oneof(
  weighted(5, fc.record({ do: fc.constant('claim' as const), by: someone })),
  weighted(
    6,
    fc.record({
      do: fc.constant('change' as const),
      lease: which,
      to: fc.constantFrom(
        ...(['processing', 'processing', 'completed', 'completed', 'completed'] as const),
        ...(['retrying', 'failed', 'paused', 'cancelled', 'pending'] as const),
      ),
    }),
  ),
  weighted(
    3,
    fc.record({
      do: fc.constant('wish' as const),
      wish: fc.constantFrom(...wishes.filter((wish) => wish !== 'remove')),
    }),
  ),
  weighted(1, fc.record({ do: fc.constant('rescue' as const), dead: someone })),
  weighted(
    3,
    fc.record({ do: fc.constant('pulse' as const), lease: which, ranges: fc.array(range, { maxLength: 4 }) }),
  ),
  weighted(2, fc.record({ do: fc.constant('manifest' as const), lease: which, restart: fc.boolean() })),
  weighted(1, fc.record({ do: fc.constant('follow' as const) })),
  weighted(1, fc.record({ do: fc.constant('time' as const), ms: fc.nat(2 * ttl) })),
  weighted(1, fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: -hour, max: hour }) })),
);

/** Whatever is done in whatever order: only legal changes, at most one lease that works, and events that tell the truth. */
export const modelPromises: Promises = {
  'any sequence of operations makes only legal changes, and one lease at most can write': async (store) => {
    const tries = runsOn(store, runs(30));
    const reached = new Set<Status>();
    const moves = fc.array(move, { minLength: 1, maxLength: 25, size: 'max' });
    await fc.assert(
      fc.asyncProperty(moves, (each) => play(store, each, reached)),
      { numRuns: tries },
    );
    if (tries > 200) assert.equal(reached.size, statuses.length - 1, `all but cleaned: ${[...reached].join(' ')}`);
  },
};

/** `reached`: gets the states that the download comes to. */
async function play(store: Store, moves: readonly Move[], reached: Set<Status>): Promise<void> {
  const asked = aDownload();
  const { id } = (await store.add(asked, 0)).download;
  const given: { readonly lease: Lease; readonly by: string }[] = [];
  let now = 2_000_000_000_000;
  for (const each of moves) {
    if (each.do === 'time') now += each.ms;
    else if (each.do === 'follow') await follow(store, id, asked, now);
    else await perform(store, id, each, given, now);
    reached.add(await check(store, id, given));
  }
  await reach(store, id, now);
}

/** Whoever asks for the link again shares the download while it is unfinished; afterwards it would be another one. */
async function follow(store: Store, id: number, asked: NewDownload, now: number): Promise<void> {
  if (!isUnfinished(present(await store.get(id)).status)) return;
  const { download, followed } = await store.add(asked, now);
  assert.deepEqual([download.id, followed], [id, true]);
}

/** Whatever is unfinished and nobody paused is offered to a scheduler: at once, when it is due, or when its lease has ended. */
async function reach(store: Store, id: number, now: number): Promise<void> {
  const before = present(await store.get(id));
  const leaseEnd = (before.leaseUntil ?? now) + 1;
  await store.rescue({ dead: [], expiredBefore: leaseEnd }, leaseEnd);
  const row = present(await store.get(id));
  if (!isUnfinished(row.status) || row.status === 'paused') return;
  const due = row.nextAttemptAt ?? leaseEnd;
  if (row.nextAttemptAt !== null) assert.ok(((await store.nextDue(anybody)) ?? Number.POSITIVE_INFINITY) <= due);
  await store.callUp({ ...anybody, now: due, limit: 100_000 });
  const offered = await store.candidates({ ...anybody, limit: 100_000 });
  assert.ok(
    offered.some((each) => each.id === id),
    `${row.status} is never looked at again`,
  );
}

async function perform(
  store: Store,
  id: number,
  move: Exclude<Move, { do: 'time' | 'follow' }>,
  given: { readonly lease: Lease; readonly by: string }[],
  now: number,
): Promise<void> {
  try {
    if (move.do === 'claim') {
      const claim = await store.claim(id, move.by, now + ttl, now);
      if (claim) given.push({ lease: claim.lease, by: move.by });
    }
    if (move.do === 'wish') await store.wish(id, { wish: move.wish }, now);
    if (move.do === 'rescue') await store.rescue({ dead: [move.dead], expiredBefore: now }, now);
    if (!('lease' in move)) return;
    const holder = given.at(-1 - move.lease);
    if (!holder) return;
    if (move.do === 'change') await change(store, id, holder.lease, changeTo(move.to, now), now);
    if (move.do === 'manifest') await store.recordManifest(holder.lease, { ...manifest, restart: move.restart }, now);
    if (move.do === 'pulse') await pulse(store, id, holder, move.ranges, now);
  } catch (error) {
    assert.ok(error instanceof NotPossible, String(error));
  }
}

/** Only who holds the newest token changes anything. */
async function change(store: Store, id: number, lease: Lease, to: Change, now: number): Promise<void> {
  const row = present(await store.get(id));
  const isHeld = row.lockedBy !== null && row.leaseToken === lease.token;
  assert.equal((await store.change(lease, to, now)) !== undefined, isHeld);
}

async function pulse(
  store: Store,
  id: number,
  holder: { lease: Lease; by: string },
  ranges: readonly Range[],
  now: number,
): Promise<void> {
  const [file] = await store.files(id);
  const checkpoints = file ? [{ lease: holder.lease, fileId: file.id, ranges }] : [];
  const row = present(await store.get(id));
  const isHeld = row.lockedBy === holder.by && row.leaseToken === holder.lease.token;
  const answer = await store.pulse(
    { instance: holder.by, leases: [holder.lease], leaseUntil: now + ttl, checkpoints, samples: [] },
    now,
  );
  assert.equal(answer.lost.length, isHeld ? 0 : 1);
}

/** Tells its state. */
async function check(store: Store, id: number, given: readonly { readonly lease: Lease }[]): Promise<Status> {
  const row = present(await store.get(id));
  const leased = (leasedStatuses as readonly Status[]).includes(row.status);
  assert.equal(row.lockedBy !== null, leased);
  assert.equal(row.leaseUntil !== null, leased);
  assert.equal(row.leaseToken, given.length, 'each claim has a token of its own');
  assert.equal(row.nextAttemptAt !== null, row.status === 'retrying');
  if (!isUnfinished(row.status)) assert.equal(row.wish, null);
  let state: Status = 'pending';
  for (const event of await store.events({ downloadId: id, limit: 1000 })) {
    if (event.kind !== 'state') continue;
    assert.equal(event.from, state);
    state = event.to ?? state;
    assert.ok(mayChange(event.from ?? 'pending', state), `${event.from} → ${event.to}`);
  }
  assert.equal(state, row.status, 'the events end where the row stands');
  const attempts = await store.attempts(id);
  assert.equal(attempts.length, given.length);
  assert.deepEqual(
    attempts.map(({ endedAt }) => endedAt === null),
    given.map((_, n) => leased && n === given.length - 1),
  );
  const ranges = (await store.files(id)).flatMap(({ durable }) => durable);
  for (const [n, [from, to]] of ranges.entries())
    assert.ok(from < to && from >= (ranges[n - 1]?.[1] ?? -1) + 1, 'apart');
  const durable = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  if (row.status === 'completed') {
    assert.equal(row.bytesDownloaded, row.fileSize, 'all of the file');
    assert.deepEqual([row.downloadPath, row.fileSize], [delivered.downloadPath, delivered.fileSize]);
  }
  if (row.status !== 'completed' && row.status !== 'cancelled') assert.equal(row.bytesDownloaded, durable);
  return row.status;
}

function changeTo(to: Change['to'], now: number): Change {
  if (to === 'processing') return delivered;
  if (to === 'retrying') return retryAt(now + 1000);
  if (to === 'failed') return { to, error: networkError };
  if (to === 'pending') return { to, why: 'shutdown' };
  return { to };
}
