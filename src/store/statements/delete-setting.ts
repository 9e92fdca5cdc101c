import { statement } from './statement.ts';

export const deleteSetting = statement<{ name: string }>('DELETE FROM settings WHERE name = :name');
