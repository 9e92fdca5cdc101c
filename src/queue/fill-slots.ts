import type { SlotLimits } from '../config/slots.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import {
  type Candidate,
  type ClaimLimits,
  type Leased,
  type Runner,
  runsForAll,
  type Turn,
} from '../store/queue-facts.ts';
import type { Claim, Store } from '../store/store.ts';
import { createDeadline, type Deadline, momentOn } from '../time/deadline.ts';
import { choose, fullOf, type Load, loadOf } from './choose.ts';
import { freeSlots } from './idle.ts';
import { trustedFor } from './lease-keeper.ts';
import type { StepPlaces } from './step-places.ts';

export interface SlotParts {
  readonly engine: Pick<EngineParts, 'clock' | 'instance' | 'volumes' | 'policy'>;
  readonly store: Store;
  /** Read at each look, as the limits are: they may change. */
  readonly slots: number;
  /** So many downloads have their steps at work, beside those that are fetched. */
  readonly steps: number;
  /** Whose instances that run what belongs to nobody share the slots; left out: the slots are this instance's own. */
  readonly machine?: string;
  /** Those of the runs that take no slot. Left out: each takes one. */
  idle?(): number;
  readonly limits: SlotLimits;
  readonly leaseTtl: number;
  /** Also rows of nobody, not only those this instance was opened for. */
  readonly anyRunner: boolean;
  /** The moment until which nothing may be fetched; undefined when it may be now. Left out: it always may. */
  closedUntil?(now: number): number | undefined;
}

interface Place {
  readonly runs: ReadonlyMap<number, Pick<Run, 'status'>>;
  readonly places: StepPlaces;
  begin(claim: Claim, deadline: Deadline): void;
  isStopping(): boolean;
}

/**
 * Fills the free slots: asks for candidates, chooses, claims, in rounds, as what a claim took counts in the next choice.
 * Answers when something is due that is not now; undefined: whatever else waits wakes us when it may be claimed.
 */
export function slotFiller(
  parts: SlotParts,
  { runs, places, begin, isStopping }: Place,
): () => Promise<number | undefined> {
  const { store } = parts;
  const { clock, instance } = parts.engine;
  const who = { runner: instance, anyRunner: parts.anyRunner };
  const idle = () => parts.idle?.() ?? 0;
  let turn: Turn = { category: undefined, hosts: new Map() };

  return async () => {
    if (freeSlots(parts.slots, fetching(), idle(), 0) <= 0 && places.taken >= parts.steps) return undefined;
    const due = await callUpDue(parts, who);
    for (let begun = 1; begun > 0 && !isStopping(); ) {
      const { free, freeSteps, load } = await slotsLeft();
      if (free <= 0 && freeSteps <= 0) return due;
      const closed = parts.closedUntil?.(clock.now()) !== undefined;
      const full = fullOf(load, parts.limits);
      const room = { limit: Math.max(0, free), steps: Math.max(0, freeSteps) };
      const candidates = await store.candidates({ ...who, ...room, closed, full, turn });
      const limits = { ...parts.limits, free, freeSteps, load, closed, running: new Set(runs.keys()) };
      const choice = choose(candidates, limits, turn);
      turn = choice.turn;
      const before = fetching();
      begun = await claimAll(choice.chosen);
      // With the last slot taken only steps could begin, and all that have a place were asked for.
      if (fetching() - before >= free) return due;
    }
    return due;
  };

  async function claimAll(chosen: readonly Candidate[]): Promise<number> {
    let begun = 0;
    await Promise.all(
      chosen.map(async (candidate) => {
        const sent = momentOn(clock);
        const until = sent.wall + parts.leaseTtl;
        const { id, stepsLeft } = candidate;
        if (isStopping() || (stepsLeft && !places.take(id, parts.steps))) return;
        let claim: Claim | undefined;
        try {
          claim = await store.claim(id, instance, until, sent.wall, limitsOf(parts, candidate));
        } finally {
          if (!claim) places.free(id);
        }
        if (!claim) return;
        begun += 1;
        begin(claim, createDeadline(sent, trustedFor(parts.leaseTtl)));
      }),
    );
    return begun;
  }

  function fetching(): number {
    return [...runs.values()].filter(({ status }) => status === 'downloading').length;
  }

  async function slotsLeft(): Promise<{ readonly free: number; readonly freeSteps: number; readonly load: Load }> {
    const leased = await store.leased();
    const others = leased.filter(
      (row) => row.instance !== instance && row.machine === parts.machine && runsForAll(row),
    );
    const takenBy = (status: Leased['status']) =>
      parts.machine === undefined ? 0 : others.reduce((sum, row) => sum + (row.status === status ? row.count : 0), 0);
    return {
      free: freeSlots(parts.slots, fetching(), idle(), takenBy('downloading')),
      freeSteps: parts.steps - places.taken - takenBy('processing'),
      load: loadOf(leased),
    };
  }
}

/** The choice was made from what was read a moment ago; the claim counts anew. */
function limitsOf({ machine, limits, slots, steps }: SlotParts, { host, category }: Candidate): ClaimLimits {
  const [ofHost, ofCategory] = [limits.ofHost(host), limits.ofCategory(category)];
  return {
    ...(machine === undefined ? {} : { slots: { machine, most: slots }, steps: { machine, most: steps } }),
    ...(ofHost === undefined ? {} : { host: ofHost }),
    ...(ofCategory === undefined ? {} : { category: ofCategory }),
  };
}

/** So many are called up in one transaction. */
const mostCalledUp = 500;

/**
 * Whose next try is due comes to stand in the queue. Those for whom there is still no space wait on without being
 * claimed: nothing happens, so nothing is told of it. Answers when the next one is due.
 */
async function callUpDue({ store, engine }: SlotParts, who: Runner): Promise<number | undefined> {
  const due = await store.nextDue(who);
  if (due === undefined || due > engine.clock.now()) return due;
  const rooms = await engine.volumes.rooms();
  const now = engine.clock.now();
  await store.waitForSpace(rooms, now + engine.policy.retry.spaceWait, now);
  let called: number;
  do called = await store.callUp({ ...who, now, limit: mostCalledUp });
  while (called === mostCalledUp);
  return store.nextDue(who);
}
