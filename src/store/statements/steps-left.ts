import { statement } from './statement.ts';

export const stepsLeft = statement<{ id: number }, { count: number }>(
  'SELECT steps_left AS count FROM downloads WHERE id = :id',
);
