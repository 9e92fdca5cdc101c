import { statement } from './statement.ts';

export const clearPartialPaths = statement<{ download_id: number }>(
  'UPDATE files SET partial_path = NULL WHERE download_id = :download_id',
);
