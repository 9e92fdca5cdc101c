import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const leaseEnded = statement<{ before: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE locked_by IS NOT NULL AND lease_until < :before ORDER BY id',
  { locks: true },
);
