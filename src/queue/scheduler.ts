import type { Download } from '../downloads/download.ts';
import type { EngineParts } from '../engine/parts.ts';
import { createRun, type Run } from '../engine/run.ts';
import { runDownload } from '../engine/run-download.ts';
import type { Claim, Store } from '../store/store.ts';
import { createDeadline, type Deadline, momentOn } from '../time/deadline.ts';
import { choose } from './choose.ts';
import { trustedFor } from './lease-keeper.ts';
import type { Service } from './service.ts';

/** Looks again at least this often, ms, even when nothing woke it. */
const longestNap = 30_000;
/** After an error of the store, ms. */
const napAfterError = 1000;

export interface SchedulerParts {
  readonly engine: EngineParts;
  readonly store: Store;
  readonly slots: number;
  readonly leaseTtl: number;
  /** Also rows of nobody and of dead instances, not only those this instance was opened for. */
  readonly anyRunner: boolean;
  /** The moment until which nothing may be fetched; undefined when it may be now. Left out: it always may. */
  closedUntil?(now: number): number | undefined;
  /** Called with each run when it begins, before its first step. */
  readonly onRun?: (run: Run) => void;
}

export interface Scheduler extends Service {
  readonly runs: ReadonlyMap<number, Run>;
  /** Looks for work now. */
  wake(): void;
}

/** Fills the free slots: asks for candidates, chooses, claims, runs; then sleeps until something may have changed. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { store, engine, slots } = parts;
  const { clock, log, instance } = engine;
  const runs = new Map<number, Run>();
  const ends = new Set<Promise<void>>();
  let alarm = Promise.withResolvers<void>();
  let stopping = false;
  let loop: Promise<void> | undefined;
  const wake = () => alarm.resolve();
  const who = { runner: instance, anyRunner: parts.anyRunner };

  return {
    runs,
    wake,
    async start() {
      if (stopping) return;
      loop ??= work();
    },
    async stop() {
      stopping = true;
      wake();
      await loop;
      for (const run of runs.values()) run.stop({ by: 'shutdown' });
      await Promise.all(ends);
    },
  };

  async function work(): Promise<void> {
    while (!stopping) {
      alarm = Promise.withResolvers();
      let nap = longestNap;
      try {
        await fillSlots();
        const due = runs.size < slots ? await nextMoment(parts, who) : undefined;
        if (due !== undefined) nap = Math.max(0, Math.min(longestNap, due - clock.now()));
      } catch (error) {
        log.warn({ error }, 'the store could not be asked for work');
        nap = napAfterError;
      }
      if (!stopping) await napFor(nap);
    }
  }

  async function fillSlots(): Promise<void> {
    const free = slots - runs.size;
    if (free <= 0) return;
    const closed = parts.closedUntil?.(clock.now()) !== undefined;
    const candidates = await candidatesWithRoom(parts, who, free + runs.size);
    const chosen = choose(candidates, { free, running: new Set(runs.keys()), closed });
    await Promise.all(
      chosen.map(async ({ id }) => {
        const sent = momentOn(clock);
        const claim = stopping ? undefined : await store.claim(id, instance, sent.wall + parts.leaseTtl, sent.wall);
        if (claim) begin(claim, createDeadline(sent, trustedFor(parts.leaseTtl)));
      }),
    );
  }

  function begin(claim: Claim, deadline: Deadline): void {
    const run = createRun(claim, engine, deadline);
    const { id } = claim.download;
    runs.set(id, run);
    parts.onRun?.(run);
    const end = runDownload(run)
      .catch((error) => log.error({ error, download: id }, 'a run could not record its end; its lease will run out'))
      .finally(() => {
        runs.delete(id);
        ends.delete(end);
        wake();
      });
    ends.add(end);
  }

  /** Sleeps, but wakes at once on `wake()`, also on one that came since the loop began. */
  async function napFor(ms: number): Promise<void> {
    const timer = clock.after(ms, wake);
    await alarm.promise;
    timer();
  }
}

interface Who {
  readonly runner: string;
  readonly anyRunner: boolean;
}

/** Those for whom there is still no space wait on without being claimed: nothing happens, so nothing is told of it. */
async function candidatesWithRoom(
  { store, engine }: SchedulerParts,
  who: Who,
  limit: number,
): Promise<readonly Download[]> {
  const candidates = await store.candidates({ ...who, now: engine.clock.now(), limit });
  const waitForSpace = candidates.some((row) => row.status === 'retrying' && row.waitingFor === 'no_space');
  if (!waitForSpace) return candidates;
  const rooms = await engine.volumes.rooms();
  const now = engine.clock.now();
  await store.waitForSpace(rooms, now + engine.policy.retry.spaceWait, now);
  return store.candidates({ ...who, now, limit });
}

/** With a free slot: when something may be claimed that may not be now; undefined: whatever it waits for wakes us. */
async function nextMoment({ store, engine, closedUntil }: SchedulerParts, who: Who) {
  return closedUntil?.(engine.clock.now()) ?? store.nextDue(who);
}
