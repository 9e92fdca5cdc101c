import type { SlotLimits } from '../config/slots.ts';
import type { EngineParts } from '../engine/parts.ts';
import { type Candidate, type ClaimLimits, type Runner, runsForAll, type Turn } from '../store/queue-facts.ts';
import type { Claim, Store } from '../store/store.ts';
import { createDeadline, type Deadline, momentOn } from '../time/deadline.ts';
import { choose, fullOf, type Load, loadOf } from './choose.ts';
import { trustedFor } from './lease-keeper.ts';

export interface SlotParts {
  readonly engine: Pick<EngineParts, 'clock' | 'instance' | 'volumes' | 'policy'>;
  readonly store: Store;
  /** Read at each look, as the limits are: they may change. */
  readonly slots: number;
  /** Whose instances that run what belongs to nobody share the slots; left out: the slots are this instance's own. */
  readonly machine?: string;
  readonly limits: SlotLimits;
  readonly leaseTtl: number;
  /** Also rows of nobody, not only those this instance was opened for. */
  readonly anyRunner: boolean;
  /** The moment until which nothing may be fetched; undefined when it may be now. Left out: it always may. */
  closedUntil?(now: number): number | undefined;
}

interface Place {
  readonly runs: ReadonlyMap<number, unknown>;
  begin(claim: Claim, deadline: Deadline): void;
  isStopping(): boolean;
}

/** Fills the free slots: asks for candidates, chooses, claims, in rounds, as what a claim took counts in the next choice. */
export function slotFiller(parts: SlotParts, { runs, begin, isStopping }: Place): () => Promise<void> {
  const { store } = parts;
  const { clock, instance } = parts.engine;
  const who = { runner: instance, anyRunner: parts.anyRunner };
  let turn: Turn = { category: undefined, hosts: new Map() };

  return async () => {
    if (runs.size >= parts.slots) return;
    await callUpDue(parts, who);
    for (let begun = 1; begun > 0 && !isStopping(); ) {
      const { free, load } = await slotsLeft();
      if (free <= 0) return;
      const closed = parts.closedUntil?.(clock.now()) !== undefined;
      const full = fullOf(load, parts.limits);
      const candidates = await store.candidates({ ...who, limit: free, closed, full, turn });
      const limits = { ...parts.limits, free, load, closed, running: new Set(runs.keys()) };
      const choice = choose(candidates, limits, turn);
      turn = choice.turn;
      begun = await claimAll(choice.chosen);
    }
  };

  async function claimAll(chosen: readonly Candidate[]): Promise<number> {
    let begun = 0;
    await Promise.all(
      chosen.map(async (candidate) => {
        const sent = momentOn(clock);
        const until = sent.wall + parts.leaseTtl;
        const within = limitsOf(candidate);
        const claim = isStopping() ? undefined : await store.claim(candidate.id, instance, until, sent.wall, within);
        if (!claim) return;
        begun += 1;
        begin(claim, createDeadline(sent, trustedFor(parts.leaseTtl)));
      }),
    );
    return begun;
  }

  /** The choice was made from what was read a moment ago; the claim counts anew. */
  function limitsOf({ host, category }: Candidate): ClaimLimits {
    const { machine, limits } = parts;
    const [ofHost, ofCategory] = [limits.ofHost(host), limits.ofCategory(category)];
    return {
      ...(machine === undefined ? {} : { slots: { machine, most: parts.slots } }),
      ...(ofHost === undefined ? {} : { host: ofHost }),
      ...(ofCategory === undefined ? {} : { category: ofCategory }),
    };
  }

  async function slotsLeft(): Promise<{ readonly free: number; readonly load: Load }> {
    const leased = await store.leased();
    const others = leased.filter(
      (row) => row.instance !== instance && row.machine === parts.machine && runsForAll(row),
    );
    const taken = parts.machine === undefined ? 0 : others.reduce((sum, { count }) => sum + count, 0);
    return { free: parts.slots - runs.size - taken, load: loadOf(leased) };
  }
}

/** So many are called up in one transaction. */
const mostCalledUp = 500;

/**
 * Whose next try is due comes to stand in the queue. Those for whom there is still no space wait on without being
 * claimed: nothing happens, so nothing is told of it.
 */
async function callUpDue({ store, engine }: SlotParts, who: Runner): Promise<void> {
  const due = await store.nextDue(who);
  if (due === undefined || due > engine.clock.now()) return;
  const rooms = await engine.volumes.rooms();
  const now = engine.clock.now();
  await store.waitForSpace(rooms, now + engine.policy.retry.spaceWait, now);
  let called: number;
  do called = await store.callUp({ ...who, now, limit: mostCalledUp });
  while (called === mostCalledUp);
}
