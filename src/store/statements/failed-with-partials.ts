import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Failed before, with something on disk that is no delivered file; by the index of partials, which few rows have. */
export const failedWithPartials = statement<{ before: number }, DownloadRow>(`
SELECT * FROM downloads WHERE status = 'failed' AND updated_at < :before AND download_path IS NULL
  AND id IN (SELECT download_id FROM files WHERE partial_path IS NOT NULL) ORDER BY id`);
