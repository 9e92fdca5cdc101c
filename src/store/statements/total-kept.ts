import { statement } from './statement.ts';

/** What was delivered and stands, by category; answered by its index alone. */
export const totalKept = statement<
  Record<never, never>,
  { category: string | null; count: number; bytes: number | null; oldest: number | null }
>(`
SELECT category, COUNT(*) AS count, SUM(COALESCE(kept_bytes, file_size)) AS bytes, MIN(completed_at) AS oldest FROM downloads
WHERE status = 'completed' AND retention IS NULL GROUP BY category`);
