import { categoryKey, queued, rankedKey, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** One step along the hosts of a category of which something is queued. */
export const nextHost = statement<
  { runner: string; priority: number; ranked: number; category: string; after: string },
  { host: string }
>(`
SELECT host FROM downloads
WHERE ${queued} AND ${runnerKey} = :runner AND priority = :priority AND ${rankedKey} = :ranked
  AND ${categoryKey} = :category AND host > :after
ORDER BY host LIMIT 1`);
