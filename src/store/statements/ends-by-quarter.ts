import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

/** What came to its end in each quarter of an hour since 1970: a day begins with one in every time zone. */
export const endsByQuarter = statement<
  { since: number },
  { quarter: number; status: Status; count: number; bytes: number | null }
>(`
SELECT COALESCE(completed_at, updated_at) / 900000 AS quarter, status, COUNT(*) AS count, SUM(file_size) AS bytes
FROM downloads WHERE status IN ('completed', 'cleaned', 'failed') AND COALESCE(completed_at, updated_at) >= :since
GROUP BY quarter, status`);
