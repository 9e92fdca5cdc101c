import { all, run, type Work } from './database.ts';
import type { NeededRoom } from './queue-facts.ts';
import { neededElsewhere } from './statements/needed-elsewhere.ts';
import { postponeForSpace } from './statements/postpone-for-space.ts';

/** What other instances have still to write. */
export function* roomNeeded(instance: string): Work<NeededRoom[]> {
  const rows = yield* all(neededElsewhere, { instance });
  return rows.map(({ id, directory, locked_at, bytes }) => ({ id, directory, lockedAt: locked_at, bytes }));
}

/** Those that are due, and for whom there is still too little, wait on. */
export function* waitForSpace(rooms: ReadonlyMap<string, number>, nextAttemptAt: number, now: number): Work<void> {
  for (const [directory, room] of rooms) {
    // SQLite knows no infinity among its whole numbers.
    const limit = Math.min(Math.floor(room), Number.MAX_SAFE_INTEGER);
    yield* run(postponeForSpace, { directory, room: limit, next_attempt_at: nextAttemptAt, now });
  }
}
