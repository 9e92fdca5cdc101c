import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

export const setOutcome = statement<{
  download_id: number;
  position: number;
  status: StepRow['status'];
  result: string;
  ended_at: number | null;
}>(`
UPDATE steps SET status = :status, result = :result, ended_at = :ended_at
WHERE download_id = :download_id AND position = :position AND status IN ('running', 'publishing')`);
