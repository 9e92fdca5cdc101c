import type { TidyAction, TidyReport } from '../downloads/tidy-report.ts';
import type { ChoreTurn } from '../store/tidy-store.ts';
import { keepRetention, removeCleaned } from './tidy-delivered.ts';
import { forgetKept } from './tidy-kept.ts';
import type { TidyParts, TidyRun, TidyScope } from './tidy-run.ts';
import { giveUpBegun, removeWorkOfSteps } from './tidy-steps.ts';
import { forgetFailed, giveUpFailed, removeOrphans } from './tidy-work.ts';

/** A turn that was not held for so long, ms, is free; it is held anew this often. */
const turnEnds = 60_000;
const holdEvery = 10_000;

/**
 * Keeps order once: rows and disk are brought to what the rules say. Of all processes one does it at a time. Rejects
 * only when the store cannot be used; when `signal` is aborted it ends early, and the next run goes on.
 */
export async function tidy(parts: TidyParts, scope: TidyScope, signal: AbortSignal): Promise<TidyReport> {
  const { store, clock } = parts;
  const turn: ChoreTurn = { chore: 'tidy', owner: parts.instance };
  const actions: TidyAction[] = [];
  const lost = new AbortController();
  const run: TidyRun = {
    ...parts,
    turn,
    scope,
    signal: AbortSignal.any([signal, lost.signal]),
    tell: (action) => void actions.push(action),
  };
  if (scope.dryRun) {
    await allOf(run);
    return { busy: false, actions };
  }
  if (!(await store.takeTurn(turn, clock.now() - turnEnds, clock.now()))) return { busy: true, actions };
  const cancel = clock.every(holdEvery, () => {
    store.holdTurn(turn, clock.now()).then(
      (held) => held || lost.abort(),
      (error) => parts.log.warn({ error }, 'the turn at tidying could not be held'),
    );
  });
  try {
    await allOf(run);
  } finally {
    cancel();
    await store.endTurn(turn, clock.now());
  }
  return { busy: false, actions };
}

async function allOf(run: TidyRun): Promise<void> {
  await removeCleaned(run);
  await keepRetention(run);
  if (!run.scope.work) return;
  await giveUpFailed(run);
  await giveUpBegun(run);
  await forgetFailed(run);
  await removeOrphans(run);
  await removeWorkOfSteps(run);
  await forgetKept(run);
}
