import { statement } from './statement.ts';

/** A manifest told again: what is durable stays. */
export const updateFile = statement<{
  download_id: number;
  position: number;
  path: string;
  size: number | null;
  main: number;
  selected: number;
}>(`
UPDATE files SET path = :path, size = :size, main = :main, selected = :selected
WHERE download_id = :download_id AND position = :position`);
