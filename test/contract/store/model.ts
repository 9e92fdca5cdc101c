import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Lease } from '../../../src/downloads/download.ts';
import { isUnfinished, leasedStatuses, mayChange, type Status, wishes } from '../../../src/downloads/states.ts';
import { type Change, NotPossible, type Store } from '../../../src/store/store.ts';
import { added, delivered, manifest, networkError, type Promises, present, retryAt, ttl } from './scene.ts';

type Move =
  | { readonly do: 'claim'; readonly by: string }
  | { readonly do: 'change'; readonly lease: number; readonly to: Change['to'] }
  | { readonly do: 'wish'; readonly wish: (typeof wishes)[number] }
  | { readonly do: 'rescue'; readonly dead: string }
  | { readonly do: 'pulse'; readonly lease: number; readonly bytes: number }
  | { readonly do: 'manifest'; readonly lease: number; readonly restart: boolean }
  | { readonly do: 'wait'; readonly ms: number };

const someone = fc.constantFrom('a', 'b');
/** Which of all leases that were ever given out. */
const which = fc.nat(3);

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constant('claim' as const), by: someone }),
  fc.record({
    do: fc.constant('change' as const),
    lease: which,
    to: fc.constantFrom('processing', 'completed', 'retrying', 'failed', 'paused', 'cancelled', 'pending'),
  }),
  fc.record({ do: fc.constant('wish' as const), wish: fc.constantFrom(...wishes.filter((wish) => wish !== 'remove')) }),
  fc.record({ do: fc.constant('rescue' as const), dead: someone }),
  fc.record({ do: fc.constant('pulse' as const), lease: which, bytes: fc.nat(1000) }),
  fc.record({ do: fc.constant('manifest' as const), lease: which, restart: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2 * ttl) }),
);

/** Whatever is done in whatever order: only legal changes, at most one lease that works, and events that tell the truth. */
export const modelPromises: Promises = {
  'any sequence of operations makes only legal changes, and one lease at most can write': async (store) => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 25 }), (moves) => play(store, moves)),
      { numRuns: 150 },
    );
  },
};

async function play(store: Store, moves: readonly Move[]): Promise<void> {
  const { id } = await added(store);
  const given: { readonly lease: Lease; readonly by: string }[] = [];
  let now = 2_000_000_000_000;
  for (const each of moves) {
    if (each.do === 'wait') now += each.ms;
    else await perform(store, id, each, given, now);
    await check(store, id, given);
  }
}

async function perform(
  store: Store,
  id: number,
  move: Exclude<Move, { do: 'wait' }>,
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
    if (move.do === 'change') await store.change(holder.lease, changeTo(move.to, now), now);
    if (move.do === 'manifest') await store.recordManifest(holder.lease, { ...manifest, restart: move.restart }, now);
    if (move.do === 'pulse') await pulse(store, id, holder, move.bytes, now);
  } catch (error) {
    assert.ok(error instanceof NotPossible, String(error));
  }
}

async function pulse(store: Store, id: number, holder: { lease: Lease; by: string }, bytes: number, now: number) {
  const [file] = await store.files(id);
  const checkpoints = file ? [{ lease: holder.lease, fileId: file.id, ranges: [[0, bytes]] as const }] : [];
  const row = present(await store.get(id));
  const isHeld = row.lockedBy === holder.by && row.leaseToken === holder.lease.token;
  const answer = await store.pulse(
    { instance: holder.by, leases: [holder.lease], leaseUntil: now + ttl, checkpoints, samples: [] },
    now,
  );
  assert.equal(answer.lost.length, isHeld ? 0 : 1);
}

async function check(store: Store, id: number, given: readonly { readonly lease: Lease }[]): Promise<void> {
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
  const durable = (await store.files(id)).reduce((sum, file) => sum + (file.durable[0]?.[1] ?? 0), 0);
  if (row.status === 'completed') assert.equal(row.bytesDownloaded, row.fileSize, 'all of the file');
  else if (row.status !== 'cancelled') assert.equal(row.bytesDownloaded, durable);
}

function changeTo(to: Change['to'], now: number): Change {
  if (to === 'processing') return delivered;
  if (to === 'retrying') return retryAt(now + 1000);
  if (to === 'failed') return { to, error: networkError };
  if (to === 'pending') return { to, why: 'shutdown' };
  return { to };
}
