import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Nobody is at them any more. */
export const stopSteps = statement<{ download_id: number; status: StepRow['status'] }>(
  "UPDATE steps SET status = :status WHERE download_id = :download_id AND status = 'running'",
);
