import { statement } from './statement.ts';

export const outputOfStep = statement<{ download_id: number; step: number; path: string }, { id: number }>(
  'SELECT id FROM files WHERE download_id = :download_id AND step = :step AND path = :path',
);
