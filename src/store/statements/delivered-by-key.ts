import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The newest download of this link that was delivered. */
export const deliveredByKey = statement<{ link_key: string }, DownloadRow>(`
SELECT * FROM downloads WHERE link_key = :link_key AND status = 'completed' ORDER BY id DESC LIMIT 1`);
