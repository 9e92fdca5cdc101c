import { statement } from './statement.ts';

/**
 * One row changed: the turn at this chore is the owner's. Free when nobody has it, and when it was not held since `stale`, or is
 * held from a time that has not come yet (`future`: a clock was set back).
 */
export const takeTurn = statement<{ name: string; owner: string; now: number; stale: number; future: number }>(`
INSERT INTO chores (name, owner, taken_at, done_at) VALUES (:name, :owner, :now, 0)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, taken_at = excluded.taken_at
WHERE chores.owner IS NULL OR chores.owner = excluded.owner OR chores.taken_at <= :stale OR chores.taken_at > :future`);
