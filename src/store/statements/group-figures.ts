import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

/** What there is since, by everything that it is counted by. A download counts for the moment it was completed, or last changed. */
export const groupFigures = statement<
  { since: number },
  {
    source: string;
    category: string | null;
    status: Status;
    count: number;
    bytes: number | null;
    retries: number | null;
  }
>(`
SELECT source, category, status, COUNT(*) AS count, SUM(file_size) AS bytes, SUM(retry_count) AS retries
FROM downloads WHERE COALESCE(completed_at, updated_at) >= :since GROUP BY source, category, status`);
