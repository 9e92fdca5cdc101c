import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** What retention made of a download that is in this state. */
export const setRetention = statement<{
  id: number;
  status: 'completed' | 'cleaned';
  retention: DownloadRow['retention'];
}>('UPDATE downloads SET retention = :retention WHERE id = :id AND status = :status');
