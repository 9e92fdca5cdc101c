import { statement } from './statement.ts';

/** From now on it may be seeded; whoever still seeds it for an earlier delivery has lost it. */
export const beginSeeding = statement<{ id: number; goal: string }>(`
UPDATE downloads SET seeding = 'on', seed_goal = :goal, seed_uploaded = 0, seed_ms = 0, seed_message = NULL,
  seed_token = seed_token + 1, seed_by = NULL, seed_until = NULL
WHERE id = :id`);
