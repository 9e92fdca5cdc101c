import { statement } from './statement.ts';

export const clearWish = statement<{ id: number }>(
  'UPDATE downloads SET wish = NULL, wish_options = NULL WHERE id = :id',
);
