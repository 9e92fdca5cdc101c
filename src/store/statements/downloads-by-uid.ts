import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** All downloads whose uid lies between the two (both included); two at most, enough to see an ambiguity. */
export const downloadsByUid = statement<{ low: string; high: string }, DownloadRow>(
  'SELECT * FROM downloads WHERE uid BETWEEN :low AND :high LIMIT 2',
);
