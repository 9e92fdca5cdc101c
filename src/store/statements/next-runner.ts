import { waits } from './queued.ts';
import { statement } from './statement.ts';

/** One step along the instances that have something of their own that waits. */
export const nextRunner = statement<{ after: string }, { runner: string }>(`
SELECT runner FROM downloads
WHERE runner IS NOT NULL AND runner > :after AND ${waits}
ORDER BY runner LIMIT 1`);
