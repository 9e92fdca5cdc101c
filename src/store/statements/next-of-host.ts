import type { CandidateRow } from '../rows.ts';
import { candidateColumns, categoryKey, rankedKey, runnerKey, toFetch } from './queued.ts';
import { statement } from './statement.ts';

/** One step along the hosts of a category: the first in the order of the next host of which something is to be fetched. */
export const nextOfHost = statement<
  { runner: string; priority: number; ranked: number; category: string; after: string },
  CandidateRow
>(`
SELECT ${candidateColumns} FROM downloads
WHERE ${toFetch} AND ${runnerKey} = :runner AND priority = :priority AND ${rankedKey} = :ranked
  AND ${categoryKey} = :category AND host > :after
ORDER BY host, position, id LIMIT 1`);
