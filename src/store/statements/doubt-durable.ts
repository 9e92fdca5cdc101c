import { statement } from './statement.ts';

/** Nothing that is still on its way counts as being on disk. */
export const doubtDurable = statement(
  "UPDATE files SET durable = '[]', durable_bytes = 0 WHERE partial_path IS NOT NULL",
);
