import { unfinished } from './queued.ts';
import { statement } from './statement.ts';

/** Nulls where nothing is unfinished. */
export const rankBounds = statement<{ priority: number }, { first: number | null; last: number | null }>(`
SELECT (SELECT MIN(position) FROM downloads WHERE ${unfinished} AND priority = :priority) AS first,
  (SELECT MAX(position) FROM downloads WHERE ${unfinished} AND priority = :priority) AS last`);
