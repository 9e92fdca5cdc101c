import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const leasedBy = statement<{ instance: string }, DownloadRow>(
  'SELECT * FROM downloads WHERE locked_by = :instance',
  { locks: 'skip' },
);
