import type { DownloadRow } from '../rows.ts';
import { unfinished, waits } from './queued.ts';
import { statement } from './statement.ts';

/** The highest priority below this one of which something is unfinished. */
export const rankedPriority = statement<{ below: number }, { priority: number }>(`
SELECT priority FROM downloads WHERE ${unfinished} AND priority < :below ORDER BY priority DESC LIMIT 1`);

/** What waits with this priority, behind a place in the order. */
export const rankedRows = statement<{ priority: number; position: number; id: number; limit: number }, DownloadRow>(`
SELECT * FROM downloads
WHERE ${unfinished} AND ${waits} AND priority = :priority
  AND position >= :position AND (position > :position OR id > :id)
ORDER BY position, id LIMIT :limit`);
