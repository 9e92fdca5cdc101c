import { statement } from './statement.ts';

/** Only from the runner that was seen, and only while nobody works on it. */
export const setRunner = statement<{ id: number; expected: string | null; runner: string | null; now: number }>(`
UPDATE downloads SET runner = :runner, updated_at = :now
WHERE id = :id AND runner IS NOT DISTINCT FROM :expected
  AND status IN ('pending', 'retrying', 'paused')`);
