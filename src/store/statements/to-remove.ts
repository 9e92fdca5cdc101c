import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Cleaned, and their files are still to be removed: right now, or by one that died. */
export const toRemove = statement<Record<never, never>, DownloadRow>(
  "SELECT * FROM downloads WHERE retention = 'removing' AND status = 'cleaned' ORDER BY id",
);
