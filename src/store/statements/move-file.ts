import { statement } from './statement.ts';

/** A file of ours has another place now. */
export const moveFile = statement<{
  download_id: number;
  from_path: string;
  to_path: string;
  identity: string;
  modified_at: number;
}>(`
UPDATE files SET final_path = :to_path, here_path = NULL, identity = :identity, modified_at = :modified_at
WHERE download_id = :download_id AND (final_path = :from_path OR here_path = :from_path)`);
