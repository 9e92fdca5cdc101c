import { statement } from './statement.ts';

/** What an instance seeds. */
export const seedsOf = statement<{ instance: string }, { id: number; token: number }>(
  'SELECT id, seed_token AS token FROM downloads WHERE seed_by = :instance',
);
