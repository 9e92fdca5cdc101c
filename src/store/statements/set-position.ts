import { statement } from './statement.ts';

export const setPosition = statement<{ id: number; position: number; now: number }>(
  'UPDATE downloads SET position = :position, updated_at = :now WHERE id = :id',
);
