import { statement } from './statement.ts';

/** Who is due, waits for space in this folder and needs more than there is; not those that are to be cleared away. */
export const postponeForSpace = statement<{
  directory: string;
  begun: number;
  fresh: number;
  next_attempt_at: number;
  now: number;
}>(`
UPDATE downloads SET next_attempt_at = :next_attempt_at, updated_at = :now
WHERE status = 'retrying' AND called = 0 AND waiting_for = 'no_space' AND next_attempt_at <= :now AND directory = :directory
  AND (bytes_downloaded > 0 AND COALESCE(total_bytes - bytes_downloaded, 1) > :begun
    OR bytes_downloaded = 0 AND COALESCE(total_bytes, 1) > :fresh)
  AND (wish IS NULL OR wish NOT IN ('cancel', 'remove'))`);
