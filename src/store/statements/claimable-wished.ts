import type { CandidateRow } from '../rows.ts';
import { candidateColumns, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** Rows whose holder went away before it obeyed: claimed at once, whatever they wait for, to be cleared away. */
export const claimableWished = statement<{ runner: string; limit: number }, CandidateRow>(`
SELECT ${candidateColumns} FROM downloads
WHERE wish IS NOT NULL AND wish IN ('cancel', 'remove') AND status IN ('pending', 'retrying') AND ${runnerKey} = :runner
ORDER BY id LIMIT :limit`);
