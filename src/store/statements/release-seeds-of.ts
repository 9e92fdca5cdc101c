import { statement } from './statement.ts';

/** What a dead instance seeded. */
export const releaseSeedsOf = statement<{ instance: string }>(
  'UPDATE downloads SET seed_by = NULL, seed_until = NULL WHERE seed_by = :instance',
);
