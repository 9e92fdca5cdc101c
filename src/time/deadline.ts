import type { Clock } from './clock.ts';

/**
 * One moment on both clocks, ms. Neither tells alone how much time has gone by: the wall clock jumps when it is set,
 * the monotonic one (CLOCK_MONOTONIC) stands still while the machine sleeps. Both go on while a process is stopped.
 */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/** The end of a right, in memory that threads share: whoever acts on the right reads it right before. */
export type Deadline = SharedArrayBuffer;

const place = { wall: 0, steady: 1 } as const;

export function momentOn(clock: Clock): Moment {
  return { wall: clock.now(), steady: clock.monotonic() };
}

/** How much time may have gone by since then, ms: the larger of what the two clocks say. */
export function since(moment: Moment, clock: Clock): number {
  return Math.max(clock.now() - moment.wall, clock.monotonic() - moment.steady);
}

/** Over as soon as `ms` have gone by since `from` on either clock. */
export function createDeadline(from: Moment, ms: number): Deadline {
  const deadline = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
  extendDeadline(deadline, from, ms);
  return deadline;
}

/** Sets it anew, for every thread that holds it. */
export function extendDeadline(deadline: Deadline, from: Moment, ms: number): void {
  const ends = new BigInt64Array(deadline);
  Atomics.store(ends, place.wall, BigInt(Math.floor(from.wall + ms)));
  Atomics.store(ends, place.steady, BigInt(Math.floor(from.steady + ms)));
}

/** A function that tells whether it is over now; cheap enough for every write. */
export function watchDeadline(deadline: Deadline, clock: Clock): () => boolean {
  const ends = new BigInt64Array(deadline);
  return () =>
    clock.now() >= Number(Atomics.load(ends, place.wall)) ||
    clock.monotonic() >= Number(Atomics.load(ends, place.steady));
}
