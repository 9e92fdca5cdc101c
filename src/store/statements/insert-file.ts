import { statement } from './statement.ts';

export const insertFile = statement<{
  download_id: number;
  position: number;
  path: string;
  size: number | null;
  main: number;
  selected: number;
  partial_path: string | null;
}>(`
INSERT INTO files (download_id, position, path, size, main, selected, partial_path)
VALUES (:download_id, :position, :path, :size, :main, :selected, :partial_path)`);
