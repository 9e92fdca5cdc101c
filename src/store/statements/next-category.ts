import { categoryKey, rankedKey, runnerKey, toFetch } from './queued.ts';
import { statement } from './statement.ts';

/** One step along the categories of which something is to be fetched. */
export const nextCategory = statement<
  { runner: string; priority: number; ranked: number; after: string },
  { category: string }
>(`
SELECT ${categoryKey} AS category FROM downloads
WHERE ${toFetch} AND ${runnerKey} = :runner AND priority = :priority AND ${rankedKey} = :ranked
  AND ${categoryKey} > :after
ORDER BY ${categoryKey} LIMIT 1`);
