import type { CandidateRow } from '../rows.ts';
import { candidateColumns, inPlace, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** Those whose bytes are in place and that have nothing left to do but to end. */
export const claimableInPlace = statement<{ runner: string; limit: number }, CandidateRow>(`
SELECT ${candidateColumns}, 0 AS steps_left FROM downloads
WHERE ${inPlace} AND steps_left = 0 AND ${runnerKey} = :runner
ORDER BY id LIMIT :limit`);
