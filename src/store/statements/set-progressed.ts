import { statement } from './statement.ts';

/** A step was done: the count of tries in vain begins again. */
export const setProgressed = statement<{ id: number; now: number }>(
  'UPDATE downloads SET tries_in_vain = 0, updated_at = :now WHERE id = :id',
);
