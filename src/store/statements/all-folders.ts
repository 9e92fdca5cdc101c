import { statement } from './statement.ts';

/** Every folder that a download of this store was for. */
export const allFolders = statement<Record<never, never>, { directory: string }>(
  'SELECT DISTINCT directory FROM downloads',
);
