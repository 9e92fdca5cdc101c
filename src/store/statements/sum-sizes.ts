import { statement } from './statement.ts';

/** The size of those of its files that are wanted; null where one of them is not known. */
export const sumSizes = statement<{ id: number }>(`
UPDATE downloads SET total_bytes = (
  SELECT CASE WHEN COUNT(size) = COUNT(*) THEN SUM(size) END FROM files WHERE download_id = :id AND selected = 1)
WHERE id = :id`);
