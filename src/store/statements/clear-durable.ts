import { statement } from './statement.ts';

/** What was fetched proved worthless; the partials stay ours, to be emptied. */
export const clearDurable = statement<{ download_id: number }>(
  "UPDATE files SET durable = '[]', durable_bytes = 0, digest = NULL WHERE download_id = :download_id",
);
