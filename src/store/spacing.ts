import { all, run, type Work } from './database.ts';
import type { NeededRoom, Room, WaitedRoom } from './queue-facts.ts';
import { neededElsewhere } from './statements/needed-elsewhere.ts';
import { postponeForSpace } from './statements/postpone-for-space.ts';
import { roomWaitedFor } from './statements/room-waited-for.ts';

/** What other instances have still to write. */
export function* roomNeeded(instance: string): Work<NeededRoom[]> {
  const rows = yield* all(neededElsewhere, { instance });
  return rows.map(({ id, directory, locked_at, bytes }) => ({ id, directory, lockedAt: locked_at, bytes }));
}

/** What those that have begun wait for. */
export function* roomWaited(): Work<WaitedRoom[]> {
  return (yield* all(roomWaitedFor, {})).map(({ directory, bytes }) => ({ directory, bytes }));
}

/** Those that are due, and for whom there is still too little, wait on. */
export function* waitForSpace(rooms: ReadonlyMap<string, Room>, nextAttemptAt: number, now: number): Work<void> {
  for (const [directory, { begun, fresh }] of rooms) {
    const limits = { begun: wholeNumber(begun), fresh: wholeNumber(fresh) };
    yield* run(postponeForSpace, { directory, ...limits, next_attempt_at: nextAttemptAt, now });
  }
}

/** SQLite knows no infinity among its whole numbers. */
function wholeNumber(bytes: number): number {
  return Math.min(Math.floor(bytes), Number.MAX_SAFE_INTEGER);
}
