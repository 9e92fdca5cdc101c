import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The row, if this lease still holds it: the fence before every write of the doing wing. */
export const lockLeased = statement<{ id: number; token: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE id = :id AND lease_token = :token AND locked_by IS NOT NULL',
  { locks: true },
);
