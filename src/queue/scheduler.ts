import type { EngineParts } from '../engine/parts.ts';
import { createRun, type Run } from '../engine/run.ts';
import { runDownload } from '../engine/run-download.ts';
import type { StepRoom } from '../store/queue-facts.ts';
import type { Claim } from '../store/store.ts';
import type { Deadline } from '../time/deadline.ts';
import { type SlotParts, slotFiller } from './fill-slots.ts';
import { createRests } from './rests.ts';
import type { Service } from './service.ts';
import { StepPlaces } from './step-places.ts';

/** Looks again at least this often, ms, even when nothing woke it. */
const longestNap = 30_000;
/** After an error of the store, ms. */
const napAfterError = 1000;
/** Changes of the store wake it at most so often, ms: most are its own runs', and whose end frees a slot wakes it itself. */
const rest = 20;

export interface SchedulerParts extends SlotParts {
  readonly engine: EngineParts;
  /** Called with each run when it begins, before its first step. */
  readonly onRun?: (run: Run) => void;
}

export interface Scheduler extends Service {
  readonly runs: ReadonlyMap<number, Run>;
  /** Looks for work now. */
  wake(): void;
  /** After a change of the store: there may be work. */
  look(): void;
}

/** Fills the free slots: asks for candidates, chooses, claims, runs; then sleeps until something may have changed. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { engine } = parts;
  const { clock, log } = engine;
  const runs = new Map<number, Run>();
  const ends = new Set<Promise<void>>();
  let alarm = Promise.withResolvers<void>();
  let stopping = false;
  let loop: Promise<void> | undefined;
  const wake = () => alarm.resolve();
  const changes = createRests(clock, rest, async () => wake());
  const places = new StepPlaces();
  const fillSlots = slotFiller(parts, { runs, places, begin, isStopping: () => stopping });

  return {
    runs,
    wake,
    look: () => void changes.ask(),
    async start() {
      if (stopping) return;
      loop ??= work();
    },
    async stop() {
      stopping = true;
      wake();
      await changes.stop();
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
        const next = earliest(await fillSlots(), parts.closedUntil?.(clock.now()));
        if (next !== undefined) nap = Math.max(0, Math.min(longestNap, next - clock.now()));
      } catch (error) {
        log.warn({ error }, 'the store could not be asked for work');
        nap = napAfterError;
      }
      if (!stopping) await napFor(nap);
    }
  }

  function begin(claim: Claim, deadline: Deadline): void {
    const run = createRun(claim, { ...engine, placeForSteps }, deadline);
    const { id } = claim.download;
    runs.set(id, run);
    parts.onRun?.(run);
    const end = runDownload(run)
      .catch((error) => log.error({ error, download: id }, 'a run could not record its end; its lease will run out'))
      .finally(() => {
        runs.delete(id);
        places.free(id);
        ends.delete(end);
        wake();
      });
    ends.add(end);
  }

  /** Who asks needs no slot any more, which another may use now. */
  function placeForSteps(id: number): StepRoom | undefined {
    wake();
    const place = places.take(id, parts.steps);
    if (!place) return 'none';
    return place === 'held' || parts.machine === undefined ? undefined : { machine: parts.machine, most: parts.steps };
  }

  /** Sleeps, but wakes at once on `wake()`, also on one that came since the loop began. */
  async function napFor(ms: number): Promise<void> {
    const timer = clock.after(ms, wake);
    await alarm.promise;
    timer();
  }
}

/** Steps are tried again also in hours in which nothing is fetched. */
function earliest(due: number | undefined, opens: number | undefined): number | undefined {
  return due === undefined || opens === undefined ? (due ?? opens) : Math.min(due, opens);
}
