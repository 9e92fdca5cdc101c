import { statement } from './statement.ts';

export const doubtProgress = statement(`
UPDATE downloads SET bytes_downloaded = 0
WHERE download_path IS NULL AND status NOT IN ('completed', 'cleaned')`);
