import { runnerKey, toFetch } from './queued.ts';
import { statement } from './statement.ts';

/** The highest priority below this one of which something is to be fetched. */
export const nextPriority = statement<{ runner: string; below: number }, { priority: number }>(`
SELECT priority FROM downloads
WHERE ${toFetch} AND ${runnerKey} = :runner AND priority < :below
ORDER BY priority DESC LIMIT 1`);
