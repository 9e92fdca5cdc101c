import { statement } from './statement.ts';

/** A row: this lease is still held by this instance. */
export const lookAtLease = statement<{ id: number; token: number; instance: string }, { id: number }>(
  'SELECT id FROM downloads WHERE id = :id AND lease_token = :token AND locked_by = :instance',
  { locks: true },
);
