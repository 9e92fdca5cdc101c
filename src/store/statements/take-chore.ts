import { statement } from './statement.ts';

/** One row changed: the chore is this process's. Due again when it was done before `due`, or taken before `stale` and never finished. */
export const takeChore = statement<{ name: string; now: number; due: number; stale: number }>(`
INSERT INTO chores (name, taken_at, done_at) VALUES (:name, :now, 0)
ON CONFLICT (name) DO UPDATE SET taken_at = excluded.taken_at
WHERE chores.done_at <= :due AND (chores.taken_at <= chores.done_at OR chores.taken_at <= :stale)`);
