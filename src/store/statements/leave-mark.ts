import { statement } from './statement.ts';

export const leaveMark = statement<{ download_id: number; position: number; mark: string }>(`
UPDATE steps SET resume_mark = :mark
WHERE download_id = :download_id AND position = :position AND EXISTS (
  SELECT 1 FROM downloads WHERE downloads.id = steps.download_id AND downloads.status IN ('cancelled', 'failed'))`);
