import { statement } from './statement.ts';

/** Until the transaction ends nobody else looks for this link to add it. On SQLite there is one writer anyway. */
export const lockLinkKey = statement<{ link_key: string }, { locked: number }>(
  'SELECT 1 AS locked WHERE :link_key IS NOT NULL',
  { postgres: 'SELECT 1 AS locked FROM pg_advisory_xact_lock(hashtextextended(:link_key, 1280267088))' },
);
