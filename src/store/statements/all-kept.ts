import { statement } from './statement.ts';

export const allKept = statement<
  Record<never, never>,
  { id: number; category: string | null; completed_at: number | null; file_size: number | null }
>(`
SELECT id, category, completed_at, COALESCE(kept_bytes, file_size) AS file_size FROM downloads
WHERE status = 'completed' AND retention IS NULL`);
