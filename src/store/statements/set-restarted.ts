import { statement } from './statement.ts';

/** This try could not go on from what was there. */
export const setRestarted = statement<{ download_id: number; token: number }>(
  'UPDATE attempts SET restarted = 1 WHERE download_id = :download_id AND token = :token',
);
