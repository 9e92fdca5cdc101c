import { statement } from './statement.ts';

/** How many of this category are fetched now, by whomever. */
export const leasedInCategory = statement<{ category: string }, { count: number }>(`
SELECT COUNT(*) AS count FROM downloads
WHERE locked_by IS NOT NULL AND idle = 0 AND category = :category AND status = 'downloading'`);
