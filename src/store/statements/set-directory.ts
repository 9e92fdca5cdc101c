import { statement } from './statement.ts';

/** With the folder what was fetched is given up. */
export const setDirectory = statement<{ id: number; directory: string; now: number }>(`
UPDATE downloads SET directory = :directory, bytes_downloaded = 0, resume_token = NULL, updated_at = :now
WHERE id = :id`);
