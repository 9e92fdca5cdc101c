import { runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** Those whose next try is due stand in the queue from now on; who waited longest first, so many at a time. */
export const callUp = statement<{ runner: string; now: number; limit: number }>(`
UPDATE downloads SET called = 1 WHERE id IN (
  SELECT id FROM downloads
  WHERE status = 'retrying' AND called = 0 AND ${runnerKey} = :runner AND next_attempt_at <= :now
  ORDER BY next_attempt_at LIMIT :limit)`);
