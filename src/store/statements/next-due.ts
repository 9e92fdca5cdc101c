import { statement } from './statement.ts';

export const nextDue = statement<{ runner: string; any_runner: number }, { at: number | null }>(`
SELECT MIN(next_attempt_at) AS at FROM downloads
WHERE status = 'retrying' AND next_attempt_at IS NOT NULL AND (runner = :runner OR (:any_runner = 1 AND (runner IS NULL OR runner NOT IN (SELECT uid FROM instances))))`);
