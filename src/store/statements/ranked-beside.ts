import { unfinished } from './queued.ts';
import { statement } from './statement.ts';

interface Row {
  readonly id: number;
  readonly position: number;
}

const waits = `${unfinished} AND status IN ('pending', 'retrying', 'paused') AND priority = :priority`;

/** The two that wait directly before a row of this priority, the nearer first. */
export const rankedBefore = statement<{ priority: number; position: number; id: number }, Row>(`
SELECT id, position FROM downloads
WHERE ${waits} AND position <= :position AND (position < :position OR id < :id)
ORDER BY position DESC, id DESC LIMIT 2`);

/** The same directly behind it. */
export const rankedAfter = statement<{ priority: number; position: number; id: number }, Row>(`
SELECT id, position FROM downloads
WHERE ${waits} AND position >= :position AND (position > :position OR id > :id)
ORDER BY position, id LIMIT 2`);
