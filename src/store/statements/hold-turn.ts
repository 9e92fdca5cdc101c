import { statement } from './statement.ts';

/** No row changed: the turn was taken over. */
export const holdTurn = statement<{ name: string; owner: string; now: number }>(
  'UPDATE chores SET taken_at = :now WHERE name = :name AND owner = :owner',
);
