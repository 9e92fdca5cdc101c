import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Done, and with something at a host that is not theirs to have; by an index that few rows have. */
export const stepsLeftElsewhere = statement<Record<never, never>, StepRow>(`
SELECT * FROM steps WHERE left_elsewhere = 1 AND status = 'completed' AND resume_mark IS NOT NULL
ORDER BY download_id, position`);
