import { statement } from './statement.ts';

export const setResultLink = statement<{ id: number; link: string }>(
  'UPDATE downloads SET result_link = :link WHERE id = :id',
);
