import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The newest unfinished download of this link, about to be followed. */
export const unfinishedByKey = statement<{ link_key: string }, DownloadRow>(
  `
SELECT * FROM downloads
WHERE link_key = :link_key AND status IN ('pending', 'downloading', 'processing', 'retrying', 'paused')
ORDER BY id DESC LIMIT 1`,
  { locks: true },
);
