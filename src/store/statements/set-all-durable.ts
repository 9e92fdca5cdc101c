import { statement } from './statement.ts';

/** Every file of it is whole and synced; those of unknown size stay as they are. */
export const setAllDurable = statement<{ download_id: number }>(`
UPDATE files SET durable_bytes = size, durable = CASE WHEN size = 0 THEN '[]' ELSE '[[0,' || size || ']]' END
WHERE download_id = :download_id AND size IS NOT NULL`);
