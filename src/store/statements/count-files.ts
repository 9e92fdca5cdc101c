import { statement } from './statement.ts';

export const countFiles = statement<{ download_id: number }, { count: number }>(
  'SELECT COUNT(*) AS count FROM files WHERE download_id = :download_id',
);
