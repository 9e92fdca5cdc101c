import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const newestDownloads = statement<{ before_id: number; limit: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE id < :before_id ORDER BY id DESC LIMIT :limit',
);
