import type { CandidateRow } from '../rows.ts';
import { candidateColumns, categoryKey, queued, rankedKey, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** One step along the hosts of a category: the first in the order of the next host of which something is queued. */
export const nextOfHost = statement<
  { runner: string; priority: number; ranked: number; category: string; after: string },
  CandidateRow
>(`
SELECT ${candidateColumns} FROM downloads
WHERE ${queued} AND ${runnerKey} = :runner AND priority = :priority AND ${rankedKey} = :ranked
  AND ${categoryKey} = :category AND host > :after
ORDER BY host, position, id LIMIT 1`);
