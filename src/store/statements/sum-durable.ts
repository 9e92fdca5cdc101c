import { statement } from './statement.ts';

/** Brings the download's own count up to its files. */
export const sumDurable = statement<{ id: number; now: number }>(`
UPDATE downloads SET updated_at = :now,
  bytes_downloaded = (SELECT COALESCE(SUM(durable_bytes), 0) FROM files WHERE download_id = :id)
WHERE id = :id`);
