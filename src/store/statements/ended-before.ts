import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const endedBefore = statement<{ status: 'failed' | 'cancelled'; before: number; limit: number }, DownloadRow>(
  `SELECT * FROM downloads WHERE status = :status AND updated_at < :before ORDER BY id LIMIT :limit`,
);
