import { statement } from './statement.ts';

/** A later try begins from the beginning; that it failed, and when, stays. */
export const forgetFetched = statement<{ id: number }>(
  "UPDATE downloads SET bytes_downloaded = 0, resume_token = NULL WHERE id = :id AND status = 'failed'",
);
