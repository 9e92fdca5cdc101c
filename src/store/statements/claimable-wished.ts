import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Rows whose holder went away before it obeyed: claimed at once, whatever they wait for, to be cleared away. */
export const claimableWished = statement<{ runner: string; any_runner: number; limit: number }, DownloadRow>(`
SELECT * FROM downloads
WHERE wish IS NOT NULL AND wish IN ('cancel', 'remove') AND status IN ('pending', 'retrying')
  AND (runner = :runner OR (:any_runner = 1 AND (runner IS NULL OR runner NOT IN (SELECT uid FROM instances))))
ORDER BY id LIMIT :limit`);
