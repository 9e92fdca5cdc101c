import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

/**
 * In the middle of something, of downloads that are not gone on with; by the index of marks, which few rows have. What
 * ended before `ended_before` is forgotten, whatever was to be kept of it.
 */
export const stepsGivenUp = statement<
  { cancelled_before: number; failed_before: number; ended_before: number },
  StepRow & { readonly wish_options: string | null }
>(`
SELECT steps.*, CASE WHEN downloads.updated_at < :ended_before THEN NULL ELSE downloads.wish_options END AS wish_options
FROM steps CROSS JOIN downloads
WHERE downloads.id = steps.download_id AND steps.resume_mark IS NOT NULL AND steps.status <> 'completed'
  AND ((downloads.status = 'cancelled' AND downloads.updated_at < :cancelled_before)
    OR (downloads.status = 'failed' AND (downloads.updated_at < :failed_before OR downloads.updated_at < :ended_before)))
ORDER BY steps.download_id, steps.position`);
