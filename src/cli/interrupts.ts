import type { Clock } from '../time/clock.ts';

/** Ctrl-C, `kill`, and a terminal that went away. */
export const interruptNames = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may come twice, from the terminal and from a launcher that passes it on: within so many ms it is one. */
const echo = 250;

export interface Interrupts {
  /** Aborted by the first: finish decently. */
  readonly signal: AbortSignal;
  /** Resolves at the second: end at once. */
  readonly again: Promise<void>;
  /** Gives the signals their usual effect back. Safe to call twice. */
  release(): void;
}

/** Takes the signals over from the moment it is called. With `onHangUp` SIGHUP asks for that instead of the end. */
export function catchInterrupts(
  process: Pick<NodeJS.Process, 'on' | 'off'>,
  clock: Pick<Clock, 'monotonic'>,
  onHangUp?: () => void,
): Interrupts {
  const first = new AbortController();
  const second = Promise.withResolvers<void>();
  let firstAt = 0;
  const heard = (): void => {
    if (first.signal.aborted) {
      if (clock.monotonic() - firstAt > echo) second.resolve();
      return;
    }
    firstAt = clock.monotonic();
    first.abort();
  };
  const listeners = interruptNames.map((name) => [name, name === 'SIGHUP' && onHangUp ? onHangUp : heard] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: first.signal,
    again: second.promise,
    release: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
