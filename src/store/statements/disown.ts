import { waits } from './queued.ts';
import { statement } from './statement.ts';

/** What was one instance's own is anybody's; so many at a time. */
export const disown = statement<{ runner: string; limit: number }>(`
UPDATE downloads SET runner = NULL WHERE id IN (
  SELECT id FROM downloads
  WHERE runner IS NOT NULL AND runner = :runner AND ${waits}
  LIMIT :limit)`);
