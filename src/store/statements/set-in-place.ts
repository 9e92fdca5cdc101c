import { statement } from './statement.ts';

/** Nothing of a new download needs to be fetched. */
export const setInPlace = statement<{ id: number; name: string; path: string; bytes: number }>(`
UPDATE downloads SET name = :name, download_path = :path, file_size = :bytes, total_bytes = :bytes,
  bytes_downloaded = :bytes, integrity = 'length'
WHERE id = :id`);
