import { statement } from './statement.ts';

/** How many are fetched from this host now, by whomever. */
export const leasedAtHost = statement<{ host: string }, { count: number }>(`
SELECT COUNT(*) AS count FROM downloads
WHERE locked_by IS NOT NULL AND idle = 0 AND host = :host AND status = 'downloading'`);
