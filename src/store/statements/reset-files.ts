import { statement } from './statement.ts';

/** Nothing of these files is on disk any more. */
export const resetFiles = statement<{ download_id: number }>(`
UPDATE files SET durable = '[]', durable_bytes = 0, partial_path = NULL, final_path = NULL, digest = NULL,
  identity = NULL, modified_at = NULL
WHERE download_id = :download_id`);
