import { statement } from './statement.ts';

/** Only from the runner that was seen, and only while nobody holds the lease. */
export const setRunner = statement<{ id: number; expected: string | null; runner: string | null; now: number }>(`
UPDATE downloads SET runner = :runner, updated_at = :now
WHERE id = :id AND runner IS NOT DISTINCT FROM :expected AND locked_by IS NULL
  AND status IN ('pending', 'retrying', 'paused')`);
