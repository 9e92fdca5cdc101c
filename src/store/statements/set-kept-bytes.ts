import { statement } from './statement.ts';

/** What counts for retention, where steps have changed it. */
export const setKeptBytes = statement<{ id: number; bytes: number | null }>(
  'UPDATE downloads SET kept_bytes = :bytes WHERE id = :id',
);
