import { statement } from './statement.ts';

/** What steps made; the files themselves are not touched. */
export const deleteOutputs = statement<{ download_id: number }>(
  'DELETE FROM files WHERE download_id = :download_id AND step IS NOT NULL',
);
