import { statement } from './statement.ts';

/** A file that was published under this name later: of another download, or of this one when it came again. */
export const claimedSince = statement<{ path: string; id: number }, { id: number }>(
  'SELECT id FROM files WHERE final_path = :path AND id > :id LIMIT 1',
);
