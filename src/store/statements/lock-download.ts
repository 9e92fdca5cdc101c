import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The row, about to be written. */
export const lockDownload = statement<{ id: number }, DownloadRow>('SELECT * FROM downloads WHERE id = :id', {
  locks: true,
});
