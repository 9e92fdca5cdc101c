import { statement } from './statement.ts';

export const setVerified = statement<{
  id: number;
  download_id: number;
  final_path: string;
  size: number;
  digest: string | null;
}>(`
UPDATE files SET final_path = :final_path, size = :size, digest = :digest
WHERE id = :id AND download_id = :download_id`);
