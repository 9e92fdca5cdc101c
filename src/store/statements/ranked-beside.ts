import { unfinished, waits } from './queued.ts';
import { statement } from './statement.ts';

interface Row {
  readonly id: number;
  readonly position: number;
}

const beside = `${unfinished} AND ${waits} AND priority = :priority`;

/** The two that wait directly before a row of this priority, the nearer first. */
export const rankedBefore = statement<{ priority: number; position: number; id: number }, Row>(`
SELECT id, position FROM downloads
WHERE ${beside} AND position <= :position AND (position < :position OR id < :id)
ORDER BY position DESC, id DESC LIMIT 2`);

/** The same directly behind it. */
export const rankedAfter = statement<{ priority: number; position: number; id: number }, Row>(`
SELECT id, position FROM downloads
WHERE ${beside} AND position >= :position AND (position > :position OR id > :id)
ORDER BY position, id LIMIT 2`);
