import type { FileRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The first so many files at `position` and after it. */
export const filesFrom = statement<{ download_id: number; position: number; limit: number }, FileRow>(
  'SELECT * FROM files WHERE download_id = :download_id AND position >= :position ORDER BY position LIMIT :limit',
);
