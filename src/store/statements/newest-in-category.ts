import type { Status } from '../../downloads/states.ts';
import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Of one category and state, so that each is a walk along the index. */
export const newestInCategory = statement<
  { category: string; status: Status; before_id: number; limit: number },
  DownloadRow
>(`
SELECT * FROM downloads WHERE category = :category AND status = :status AND id < :before_id
ORDER BY id DESC LIMIT :limit`);
