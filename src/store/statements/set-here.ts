import { statement } from './statement.ts';

export const setHere = statement<{
  id: number;
  download_id: number;
  here_path: string;
  size: number;
  identity: string;
  modified_at: number;
}>(`
UPDATE files SET here_path = :here_path, size = :size, identity = :identity, modified_at = :modified_at
WHERE id = :id AND download_id = :download_id`);
