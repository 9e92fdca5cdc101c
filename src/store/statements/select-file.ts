import { statement } from './statement.ts';

/** Whether anybody wants this file, and whether it is the main one of those that are wanted. */
export const selectFile = statement<{ download_id: number; position: number; selected: number; main: number }>(`
UPDATE files SET selected = :selected, main = :main
WHERE download_id = :download_id AND position = :position`);
