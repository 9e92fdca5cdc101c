import { statement } from './statement.ts';

export const leaveMark = statement<{ download_id: number; position: number; mark: string }>(`
UPDATE steps SET resume_mark = :mark, left_elsewhere = 0
WHERE download_id = :download_id AND position = :position AND (left_elsewhere = 1 AND status = 'completed' OR EXISTS (
  SELECT 1 FROM downloads WHERE downloads.id = steps.download_id AND downloads.status IN ('cancelled', 'failed')))`);
