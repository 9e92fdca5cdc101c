/** What is known of a run that may be sent nothing. Times are monotonic ms. */
export interface Movement {
  /** Bytes that have come in this run, whole or not. */
  readonly received: number;
  /** When the last of them came, or the run began. */
  readonly movedAt: number;
  readonly isIdle: boolean;
}

/** At the beginning of a run. */
export function notYetMoved(now: number): Movement {
  return { received: 0, movedAt: now, isIdle: false };
}

/**
 * The same after a look: idle is what got nothing for `idleAfter` ms (undefined: nothing ever is), until the next byte
 * comes. Pure.
 */
export function afterLook(
  before: Movement,
  {
    received,
    now,
    idleAfter,
  }: { readonly received: number; readonly now: number; readonly idleAfter: number | undefined },
): Movement {
  if (received > before.received) return { received, movedAt: now, isIdle: false };
  const isIdle = idleAfter !== undefined && now - before.movedAt >= idleAfter;
  return { ...before, isIdle };
}

/** So many run beside those that have a slot, at most: each costs connections and memory. */
const mostIdle = 50;

/** How many more may begin. Pure. `held`: by others of this machine with which the slots are shared. */
export function freeSlots(slots: number, running: number, idle: number, held: number): number {
  const busy = running - idle;
  return Math.min(slots - busy - held, slots + mostIdle - running);
}
