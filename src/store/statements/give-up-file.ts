import { statement } from './statement.ts';

/** It is not on disk any more, nor looked for. */
export const giveUpFile = statement<{ id: number; download_id: number }>(`
UPDATE files SET final_path = NULL, here_path = NULL, identity = NULL, modified_at = NULL
WHERE id = :id AND download_id = :download_id`);
