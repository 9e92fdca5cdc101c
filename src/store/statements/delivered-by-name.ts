import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** The newest downloads that were delivered under this name. */
export const deliveredByName = statement<{ name: string; limit: number }, DownloadRow>(`
SELECT * FROM downloads WHERE name = :name AND status = 'completed' ORDER BY id DESC LIMIT :limit`);
