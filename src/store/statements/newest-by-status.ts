import type { Status } from '../../downloads/states.ts';
import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** One state at a time, so that each is a walk along the index. */
export const newestByStatus = statement<{ status: Status; before_id: number; limit: number }, DownloadRow>(
  'SELECT * FROM downloads WHERE status = :status AND id < :before_id ORDER BY id DESC LIMIT :limit',
);
