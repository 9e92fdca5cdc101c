import { statement } from './statement.ts';

/** What downloads that have begun and wait for space have still to write. */
export const roomWaitedFor = statement<Record<string, never>, { directory: string; bytes: number }>(`
SELECT directory, total_bytes - bytes_downloaded AS bytes FROM downloads
WHERE status = 'retrying' AND waiting_for = 'no_space' AND bytes_downloaded > 0 AND total_bytes > bytes_downloaded
  AND (wish IS NULL OR wish NOT IN ('cancel', 'remove'))`);
