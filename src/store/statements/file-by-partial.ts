import { statement } from './statement.ts';

/** Whose partial this path is. */
export const fileByPartial = statement<{ path: string }, { id: number }>(
  'SELECT id FROM files WHERE partial_path = :path',
);
