import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/runs.ts';
import { silentLog } from '../log/log.ts';
import { openStore } from '../store/open.ts';
import type { Turn } from '../store/queue-facts.ts';
import type { Claim, Store } from '../store/store.ts';
import { systemClock } from '../time/clock.ts';
import { choose, fullOf, loadOf } from './choose.ts';

const slots = 3;
const longest = 4;
const now = 1_700_000_000_000;
const me = 'me';

interface World {
  readonly store: Store;
  /** Where more comes than is ever fetched. */
  readonly flood: { readonly host: string; readonly category: string };
  /** Those of whom one waits each. */
  readonly others: readonly { readonly host: string; readonly category: string }[];
  readonly perHost: number;
  /** How many rounds each download takes, in turn. */
  readonly rounds: readonly number[];
}

test('property: a flood of one host and category keeps nobody of the same priority waiting for more than a few turns', async () => {
  const group = fc.record({
    host: fc.constantFrom('a', 'b', 'c', 'd'),
    category: fc.constantFrom('-', 'films', 'music'),
  });
  const rounds = fc.array(fc.integer({ min: 1, max: longest }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      group,
      fc.array(group, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: slots }),
      rounds,
      play,
    ),
    { numRuns: runs(10) },
  );
});

async function play(flood: World['flood'], others: World['others'], perHost: number, rounds: readonly number[]) {
  const { store } = await openStore({ path: ':memory:', clock: systemClock, log: silentLog });
  try {
    await allAreServed({ store, flood, others, perHost, rounds });
  } finally {
    await store.close();
  }
}

async function allAreServed(world: World): Promise<void> {
  const { store, flood, others, rounds } = world;
  for (let n = 0; n < 4; n += 1) await add(store, flood);
  const waiting = new Set<number>();
  for (const other of others) waiting.add(await add(store, other));
  const running = new Map<Claim, number>();
  let turn: Turn = { category: undefined, hosts: new Map() };
  let begun = 0;
  // Each turn of all groups may have to wait for the longest download.
  const enough = longest * (others.length + 2) * 3;
  for (let round = 0; waiting.size > 0; round += 1) {
    assert.ok(round < enough, `${waiting.size} still wait after ${round} rounds`);
    for (const [claim, end] of running) {
      if (end > round) continue;
      await store.change(claim.lease, { to: 'cancelled' }, now);
      running.delete(claim);
    }
    await add(store, flood);
    await add(store, flood);
    await add(store, flood);
    const fill = await fillSlots(world, slots - running.size, turn);
    turn = fill.turn;
    for (const claim of fill.claims) {
      running.set(claim, round + (rounds[begun % rounds.length] ?? 1));
      waiting.delete(claim.download.id);
      begun += 1;
    }
    assert.ok(running.size === slots || world.perHost < slots, 'no slot is left empty while something fits');
  }
}

async function fillSlots({ store, perHost }: World, free: number, before: Turn) {
  const claims: Claim[] = [];
  let turn = before;
  while (claims.length < free) {
    const limits = { ofHost: () => perHost, ofCategory: () => undefined };
    const load = loadOf(await store.leased());
    const left = free - claims.length;
    const look = {
      runner: me,
      anyRunner: true,
      limit: left,
      steps: 0,
      closed: false,
      full: fullOf(load, limits),
      turn,
    };
    const all = { ...limits, free: left, freeSteps: 0, closed: false, load, running: new Set<number>() };
    const choice = choose(await store.candidates(look), all, turn);
    turn = choice.turn;
    if (choice.chosen.length === 0) break;
    for (const { id } of choice.chosen) {
      const claim = await store.claim(id, me, now + 30_000, now, { host: perHost });
      assert.ok(claim, 'what was chosen fits');
      claims.push(claim);
    }
  }
  return { claims, turn };
}

let links = 0;

async function add(store: Store, { host, category }: World['flood']): Promise<number> {
  links += 1;
  const link = `http://${host}/${links}`;
  const options = { source: 'http', link, linkKey: link, directory: '/d', options: {}, metadata: {}, runner: null };
  const named = category === '-' ? {} : { category };
  return (await store.add({ ...options, ifExists: 'new', ...named }, now)).download.id;
}
