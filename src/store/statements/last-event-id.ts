import { statement } from './statement.ts';

export const lastEventId = statement<Record<never, never>, { id: number }>(
  'SELECT COALESCE(MAX(id), 0) AS id FROM events',
);
