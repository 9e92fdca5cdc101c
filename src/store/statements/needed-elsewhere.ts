import { statement } from './statement.ts';

/** What other instances have still to write. */
export const neededElsewhere = statement<
  { instance: string },
  { id: number; directory: string; locked_at: number | null; bytes: number }
>(`
SELECT id, directory, locked_at, total_bytes - bytes_downloaded AS bytes FROM downloads
WHERE status = 'downloading' AND locked_by IS NOT NULL AND locked_by <> :instance AND total_bytes > bytes_downloaded`);
