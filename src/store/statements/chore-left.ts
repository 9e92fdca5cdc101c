import { statement } from './statement.ts';

/** It was begun and is not being done: it is due at once. */
export const choreLeft = statement<{ name: string }>(
  'UPDATE chores SET taken_at = done_at WHERE name = :name AND taken_at > done_at',
);
