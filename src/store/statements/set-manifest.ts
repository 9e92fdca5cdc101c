import { statement } from './statement.ts';

/** What a resolve told; `keep` 0 gives up what was durable and what was delivered. */
export const setManifest = statement<{
  id: number;
  source: string;
  name: string;
  total_bytes: number | null;
  resume_token: string;
  keep: number;
  now: number;
}>(`
UPDATE downloads SET source = :source, name = :name, total_bytes = :total_bytes, resume_token = :resume_token,
  bytes_downloaded = CASE WHEN :keep = 1 THEN bytes_downloaded ELSE 0 END,
  download_path = CASE WHEN :keep = 1 THEN download_path END,
  file_size = CASE WHEN :keep = 1 THEN file_size END,
  integrity = CASE WHEN :keep = 1 THEN integrity END,
  updated_at = :now
WHERE id = :id`);
