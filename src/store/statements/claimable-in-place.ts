import type { CandidateRow } from '../rows.ts';
import { candidateColumns, queued, runnerKey } from './queued.ts';
import { statement } from './statement.ts';

/** Those whose bytes are in place: nothing is fetched for them. */
export const claimableInPlace = statement<{ runner: string; limit: number }, CandidateRow>(`
SELECT ${candidateColumns} FROM downloads
WHERE ${queued} AND download_path IS NOT NULL AND ${runnerKey} = :runner
ORDER BY id LIMIT :limit`);
