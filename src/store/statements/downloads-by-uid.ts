import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** All downloads whose uid lies between the two (both included); so many at most. */
export const downloadsByUid = statement<{ low: string; high: string; limit: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE uid BETWEEN :low AND :high ORDER BY uid LIMIT :limit',
);
