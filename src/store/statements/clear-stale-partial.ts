import { statement } from './statement.ts';

/** Another download's sidecar stands there: the row that names this path is out of date. */
export const clearStalePartial = statement<{ path: string }>(
  'UPDATE files SET partial_path = NULL WHERE partial_path = :path',
);
