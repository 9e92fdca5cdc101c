import { statement } from './statement.ts';

/** The files at `position` and after it. */
export const deleteFilesFrom = statement<{ download_id: number; position: number }>(
  'DELETE FROM files WHERE download_id = :download_id AND position >= :position',
);
