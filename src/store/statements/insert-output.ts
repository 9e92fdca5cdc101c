import { statement } from './statement.ts';

/** Behind all files that there are. */
export const insertOutput = statement<{ download_id: number; step: number; path: string; main: number }>(`
INSERT INTO files (download_id, position, path, main, step)
SELECT :download_id, COALESCE(MAX(position) + 1, 0), :path, :main, :step FROM files WHERE download_id = :download_id`);
