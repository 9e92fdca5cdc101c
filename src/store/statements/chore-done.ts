import { statement } from './statement.ts';

export const choreDone = statement<{ name: string; now: number }>(
  'UPDATE chores SET done_at = :now WHERE name = :name',
);
