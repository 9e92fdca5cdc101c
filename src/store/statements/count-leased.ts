import { statement } from './statement.ts';

/** How many downloads each instance holds. */
export const countLeased = statement<Record<never, never>, { instance: string; count: number }>(
  'SELECT locked_by AS instance, COUNT(*) AS count FROM downloads WHERE locked_by IS NOT NULL GROUP BY locked_by',
);
