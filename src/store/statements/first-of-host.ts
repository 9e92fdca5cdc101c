import type { CandidateRow } from '../rows.ts';
import { candidateColumns, categoryKey, rankedKey, runnerKey, toFetch } from './queued.ts';
import { statement } from './statement.ts';

/** The first in the order of one host and category. */
export const firstOfHost = statement<
  { runner: string; priority: number; ranked: number; category: string; host: string; limit: number },
  CandidateRow
>(`
SELECT ${candidateColumns} FROM downloads
WHERE ${toFetch} AND ${runnerKey} = :runner AND priority = :priority AND ${rankedKey} = :ranked
  AND ${categoryKey} = :category AND host = :host
ORDER BY position, id LIMIT :limit`);
