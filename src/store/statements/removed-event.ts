import { statement } from './statement.ts';

/** The event that tells of the removal of this download. */
export const removedEvent = statement<{ uid: string }, { id: number }>(
  "SELECT id FROM events WHERE kind = 'removed' AND uid = :uid LIMIT 1",
);
