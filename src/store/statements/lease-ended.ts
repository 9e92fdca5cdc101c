import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const leaseEnded = statement<{ before: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE lease_until < :before',
  { locks: 'skip' },
);
