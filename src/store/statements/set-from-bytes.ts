import { statement } from './statement.ts';

/** So many bytes were here before this try, which has not fetched them. */
export const setFromBytes = statement<{ download_id: number; token: number; bytes: number }>(
  'UPDATE attempts SET from_bytes = :bytes WHERE download_id = :download_id AND token = :token',
);
