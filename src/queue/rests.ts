import type { Clock } from '../time/clock.ts';

/** Work that is asked for far more often than it is to be done. */
export interface Rests {
  /** Does it now, or after the rest; however often that is asked, once. Resolves when what is at work now is done. */
  ask(): Promise<void>;
  /** Resolves when what is at work is done; nothing is begun any more. */
  stop(): Promise<void>;
}

/**
 * Does `work` when it is asked for, with a rest of so many ms between its end and the next: the store changes all the
 * time, and each change may mean something. What is asked for while it works or rests is done afterwards. `work` never rejects.
 */
export function createRests(clock: Pick<Clock, 'after'>, rest: number, work: () => Promise<void>): Rests {
  let working: Promise<void> | undefined;
  let endRest: (() => void) | undefined;
  let isAsked = false;
  let stopped = false;

  return {
    ask,
    async stop() {
      stopped = true;
      endRest?.();
      await working;
    },
  };

  function ask(): Promise<void> {
    isAsked = true;
    if (!working && !endRest && !stopped) begin();
    return working ?? Promise.resolve();
  }

  function begin(): void {
    isAsked = false;
    working = work().finally(() => {
      working = undefined;
      if (stopped) return;
      endRest = clock.after(rest, () => {
        endRest = undefined;
        if (isAsked) void ask();
      });
    });
  }
}
