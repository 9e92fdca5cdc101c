import { unfinished } from './queued.ts';
import { statement } from './statement.ts';

/** A row and all before it make room behind themselves. */
export const shiftBefore = statement<{ priority: number; position: number; id: number; gap: number }>(`
UPDATE downloads SET position = position - :gap
WHERE ${unfinished} AND priority = :priority AND (position < :position OR (position = :position AND id <= :id))`);

/** A row and all behind it make room before themselves. */
export const shiftAfter = statement<{ priority: number; position: number; id: number; gap: number }>(`
UPDATE downloads SET position = position + :gap
WHERE ${unfinished} AND priority = :priority AND (position > :position OR (position = :position AND id >= :id))`);
