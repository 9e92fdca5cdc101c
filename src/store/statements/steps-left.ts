import { statement } from './statement.ts';

/** Of a row of `downloads`. */
export const unfinishedSteps =
  "SELECT 1 FROM steps WHERE steps.download_id = downloads.id AND steps.status <> 'completed'";

export const stepsLeft = statement<{ id: number }, { count: number }>(
  "SELECT COUNT(*) AS count FROM steps WHERE download_id = :id AND status <> 'completed'",
);
