import type { CandidateRow } from '../rows.ts';
import { candidateColumns, inPlace, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** Those whose bytes are in place and whose steps are left to do, the first in order first. */
export const claimableSteps = statement<{ runner: string; limit: number }, CandidateRow>(`
SELECT ${candidateColumns}, 1 AS steps_left FROM downloads
WHERE ${inPlace} AND steps_left > 0 AND ${runnerKey} = :runner
ORDER BY priority DESC, position, id LIMIT :limit`);
