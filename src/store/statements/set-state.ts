import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Everything that may change together with a state. */
export type StateColumns = Pick<
  DownloadRow,
  | 'status'
  | 'wish'
  | 'wish_options'
  | 'waiting_for'
  | 'called'
  | 'bytes_downloaded'
  | 'file_size'
  | 'download_path'
  | 'result_link'
  | 'resume_token'
  | 'integrity'
  | 'retry_count'
  | 'tries_in_vain'
  | 'last_retry_at'
  | 'next_attempt_at'
  | 'error_class'
  | 'error_message'
  | 'lease_token'
  | 'locked_by'
  | 'locked_at'
  | 'lease_until'
  | 'started_at'
  | 'completed_at'
>;

/**
 * The only statement that writes `status`; a row that is no longer as it was read is left alone. The cast keeps SQLite
 * from holding the bare parameter against its partial indexes, which it would do each time, planning anew.
 */
export const setState = statement<
  StateColumns & { id: number; from_status: DownloadRow['status']; from_token: number; updated_at: number }
>(`
UPDATE downloads SET
  status = :status, wish = :wish, wish_options = :wish_options, waiting_for = :waiting_for,
  called = :called, idle = 0, bytes_downloaded = :bytes_downloaded, file_size = :file_size, download_path = :download_path, result_link = :result_link,
  resume_token = :resume_token, integrity = :integrity, retry_count = :retry_count,
  tries_in_vain = :tries_in_vain, last_retry_at = :last_retry_at, next_attempt_at = :next_attempt_at,
  error_class = :error_class, error_message = :error_message, lease_token = :lease_token,
  locked_by = :locked_by, locked_at = :locked_at, lease_until = :lease_until,
  started_at = :started_at, completed_at = :completed_at, updated_at = :updated_at
WHERE id = :id AND status = CAST(:from_status AS TEXT) AND lease_token = :from_token`);
