import { statement } from './statement.ts';

export const setVerified = statement<{
  id: number;
  download_id: number;
  final_path: string;
  size: number;
  digest: string | null;
  identity: string;
  modified_at: number;
}>(`
UPDATE files SET final_path = :final_path, size = :size, digest = :digest,
  identity = :identity, modified_at = :modified_at
WHERE id = :id AND download_id = :download_id`);
