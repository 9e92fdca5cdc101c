import { statement } from './statement.ts';

export const deleteEventsOfDownload = statement<{ download_id: number }>(
  'DELETE FROM events WHERE download_id = :download_id',
);
