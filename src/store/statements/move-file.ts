import { statement } from './statement.ts';

/** A file has another place now; whose it is does not change. */
export const moveFile = statement<{
  download_id: number;
  from_path: string;
  to_path: string;
  identity: string;
  modified_at: number;
}>(`
UPDATE files SET identity = :identity, modified_at = :modified_at,
  final_path = CASE WHEN here_path IS NULL THEN :to_path ELSE final_path END,
  here_path = CASE WHEN here_path IS NULL THEN NULL ELSE :to_path END
WHERE download_id = :download_id AND (final_path = :from_path OR here_path = :from_path)`);
