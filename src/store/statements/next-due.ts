import { runnerKey } from './queued.ts';
import { statement } from './statement.ts';

export const nextDue = statement<{ runner: string }, { at: number | null }>(`
SELECT MIN(next_attempt_at) AS at FROM downloads
WHERE status = 'retrying' AND called = 0 AND ${runnerKey} = :runner`);
