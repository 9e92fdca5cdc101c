import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/**
 * Of one state, best first: priority, then the order a person gave, then the oldest. `any_runner` 1: also rows
 * of nobody, and of instances that are gone.
 */
export const claimable = statement<
  { status: 'pending' | 'retrying'; runner: string; any_runner: number; now: number; limit: number },
  DownloadRow
>(`
SELECT * FROM downloads
WHERE status = :status
  AND (next_attempt_at IS NULL OR next_attempt_at <= :now)
  AND (runner = :runner OR (:any_runner = 1 AND (runner IS NULL OR runner NOT IN (SELECT uid FROM instances))))
ORDER BY priority DESC, position, id LIMIT :limit`);
