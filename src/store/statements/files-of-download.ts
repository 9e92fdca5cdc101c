import type { FileRow } from '../rows.ts';
import { statement } from './statement.ts';

export const filesOfDownload = statement<{ download_id: number }, FileRow>(
  'SELECT * FROM files WHERE download_id = :download_id ORDER BY position',
);
