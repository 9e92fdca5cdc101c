import { behindAll } from './queued.ts';
import { statement } from './statement.ts';

/**
 * Tells the id; nothing when a download of this uid is there already. What was not delivered by this program is never
 * in the care of retention.
 */
export const importDownload = statement<
  {
    uid: string;
    source: string;
    link: string;
    link_key: string;
    name: string | null;
    status: string;
    category: string | null;
    host: string;
    gap: number;
    requested_by: string | null;
    metadata: string;
    directory: string;
    options: string;
    total_bytes: number | null;
    bytes_downloaded: number;
    file_size: number | null;
    download_path: string | null;
    integrity: string | null;
    retry_count: number;
    last_retry_at: number | null;
    error_class: string | null;
    error_message: string | null;
    started_at: number | null;
    completed_at: number | null;
    created_at: number;
    updated_at: number;
  },
  { id: number }
>(`
INSERT INTO downloads
  (uid, source, link, link_key, name, status, position, category, host, requested_by, metadata, directory, options,
   total_bytes, bytes_downloaded, file_size, download_path, integrity, retry_count, last_retry_at,
   error_class, error_message, started_at, completed_at, created_at, updated_at, retention)
VALUES
  (:uid, :source, :link, :link_key, :name, :status, ${behindAll('0')}, :category, :host, :requested_by,
   :metadata, :directory, :options,
   :total_bytes, :bytes_downloaded, :file_size, :download_path, :integrity, :retry_count, :last_retry_at,
   :error_class, :error_message, :started_at, :completed_at, :created_at, :updated_at,
   CASE WHEN :status = 'completed' THEN 'foreign' END)
ON CONFLICT (uid) DO NOTHING
RETURNING id`);
