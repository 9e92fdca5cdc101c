import { statement } from './statement.ts';

/** Brings the download's own count up to those of its files that are wanted. */
export const sumDurable = statement<{ id: number; now: number }>(`
UPDATE downloads SET updated_at = :now,
  bytes_downloaded = (SELECT COALESCE(SUM(durable_bytes), 0) FROM files WHERE download_id = :id AND selected = 1)
WHERE id = :id`);
