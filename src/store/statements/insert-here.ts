import { statement } from './statement.ts';

export const insertHere = statement<{
  download_id: number;
  path: string;
  size: number;
  here_path: string;
  identity: string;
  modified_at: number;
}>(`
INSERT INTO files (download_id, position, path, size, main, here_path, identity, modified_at)
VALUES (:download_id, 0, :path, :size, 1, :here_path, :identity, :modified_at)`);
