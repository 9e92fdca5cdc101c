import { statement } from './statement.ts';

/** It is to be seeded for so long; what was sent before counts. Whoever seeds it for another goal has lost it. */
export const setSeedGoal = statement<{ id: number; goal: string; now: number }>(`
UPDATE downloads SET seeding = CASE WHEN seeding = 'paused' THEN 'paused' ELSE 'on' END, seed_goal = :goal,
  seed_message = NULL, seed_by = NULL, seed_until = NULL, updated_at = :now
WHERE id = :id`);
