import { statement } from './statement.ts';

export const queueAnew = statement<{ id: number; position: number; runner: string | null }>(
  'UPDATE downloads SET position = :position, runner = :runner WHERE id = :id',
);
