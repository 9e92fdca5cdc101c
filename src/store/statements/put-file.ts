import { statement } from './statement.ts';

/** As a manifest tells it. Of one that is known already what is durable stays; where nothing is new nothing is written. */
export const putFile = statement<{
  download_id: number;
  position: number;
  path: string;
  size: number | null;
  main: number;
  selected: number;
}>(`
INSERT INTO files (download_id, position, path, size, main, selected)
VALUES (:download_id, :position, :path, :size, :main, :selected)
ON CONFLICT (download_id, position) DO UPDATE
SET path = excluded.path, size = excluded.size, main = excluded.main, selected = excluded.selected
WHERE files.path <> excluded.path OR files.size IS DISTINCT FROM excluded.size
  OR files.main <> excluded.main OR files.selected <> excluded.selected`);
