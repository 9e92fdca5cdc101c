import { statement } from './statement.ts';

export const settingNamed = statement<{ name: string }, { value: string }>(
  'SELECT value FROM settings WHERE name = :name',
);
