import { statement } from './statement.ts';

export const markStep = statement<{ download_id: number; position: number; mark: string }>(`
UPDATE steps SET resume_mark = :mark
WHERE download_id = :download_id AND position = :position AND status = 'running'`);
