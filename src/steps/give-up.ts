import { asFailure } from '../downloads/failure.ts';
import { type DownloadStep, type StepSpec, specText } from '../downloads/steps.ts';
import type { Clock } from '../time/clock.ts';

export interface GivingUp {
  readonly clock: Clock;
  /** `Step.giveUp` of a step. */
  giveUp(spec: StepSpec, mark: unknown, signal: AbortSignal): Promise<unknown>;
  /** Stores what is left of its mark. */
  leave(position: number, mark: unknown): Promise<unknown>;
}

/** A host that does not answer keeps no download from ending, ms. */
const patience = 10_000;

export interface GaveUp {
  /** Steps of which something was begun elsewhere, and is gone there. */
  readonly gone: readonly DownloadStep[];
  /** One sentence for each step of which something stays there. */
  readonly left: readonly string[];
}

/**
 * Removes what steps began elsewhere (an upload in parts) of a download that was given up. Never throws for a host's
 * sake.
 */
export async function giveUpSteps(steps: readonly DownloadStep[], { clock, giveUp, leave }: GivingUp): Promise<GaveUp> {
  const gone: DownloadStep[] = [];
  const said: string[] = [];
  for (const step of steps) {
    if (step.mark === undefined) continue;
    const deadline = new AbortController();
    const cancel = clock.after(patience, () => deadline.abort(new Error('no answer came in time')));
    try {
      const left = await giveUp(step, step.mark, deadline.signal);
      if (left === step.mark) continue;
      await leave(step.position, left);
      gone.push(step);
    } catch (error) {
      const why = error instanceof Error ? error.message : asFailure(error).message;
      said.push(`what ${specText(step)} has begun there stays there (${why})`);
    } finally {
      cancel();
    }
  }
  return { gone, left: said };
}
