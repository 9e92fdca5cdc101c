import { statement } from './statement.ts';

export const setLeftElsewhere = statement<{ download_id: number; position: number }>(
  'UPDATE steps SET left_elsewhere = 1 WHERE download_id = :download_id AND position = :position',
);
