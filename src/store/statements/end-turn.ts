import { statement } from './statement.ts';

export const endTurn = statement<{ name: string; owner: string; now: number }>(
  'UPDATE chores SET owner = NULL, done_at = :now WHERE name = :name AND owner = :owner',
);
