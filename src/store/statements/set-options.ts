import { statement } from './statement.ts';

export const setOptions = statement<{ id: number; options: string; now: number }>(
  'UPDATE downloads SET options = :options, updated_at = :now WHERE id = :id',
);
