import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The row, about to be claimed; none while another works on it: whoever claims it is first, whatever else it is will wake us. */
export const lockClaimable = statement<{ id: number }, DownloadRow>('SELECT * FROM downloads WHERE id = :id', {
  locks: 'skip',
});
