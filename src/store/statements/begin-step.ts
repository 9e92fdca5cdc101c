import { statement } from './statement.ts';

export const beginStep = statement<{ download_id: number; position: number; now: number }>(`
UPDATE steps SET status = 'running', tries = tries + 1, started_at = COALESCE(started_at, :now), ended_at = NULL
WHERE download_id = :download_id AND position = :position AND status IN ('pending', 'running', 'failed')`);
