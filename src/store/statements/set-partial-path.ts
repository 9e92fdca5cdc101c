import { statement } from './statement.ts';

export const setPartialPath = statement<{ id: number; download_id: number; path: string }>(
  'UPDATE files SET partial_path = :path WHERE id = :id AND download_id = :download_id',
);
