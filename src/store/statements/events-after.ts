import type { EventRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Oldest first, with the metadata of the download, or what the event itself kept of it. */
export const eventsAfter = statement<{ after: number; limit: number }, EventRow>(`
SELECT e.id, e.at, e.download_id, e.uid, e.kind, e.from_status, e.to_status, e.detail,
       COALESCE(e.metadata, d.metadata) AS metadata, d.category AS category
FROM events e LEFT JOIN downloads d ON d.id = e.download_id
WHERE e.id > :after ORDER BY e.id LIMIT :limit`);
