import type { AttemptRow } from '../rows.ts';
import { statement } from './statement.ts';

export const endAttempt = statement<{
  download_id: number;
  token: number;
  to_bytes: number;
  outcome: NonNullable<AttemptRow['outcome']>;
  error_class: AttemptRow['error_class'];
  error_message: string | null;
  now: number;
}>(`
UPDATE attempts SET to_bytes = :to_bytes, ended_at = :now, outcome = :outcome,
  error_class = :error_class, error_message = :error_message
WHERE download_id = :download_id AND token = :token AND ended_at IS NULL`);
