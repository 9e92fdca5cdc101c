import { statement } from './statement.ts';

export const setWarning = statement<{ id: number; warning: string | null }>(
  'UPDATE downloads SET warning = :warning WHERE id = :id',
);
