import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** Another state of its seeding; nobody holds it any more. */
export const setSeeding = statement<{
  id: number;
  seeding: DownloadRow['seeding'];
  message: string | null;
  now: number;
}>(`
UPDATE downloads SET seeding = :seeding, seed_message = :message, seed_by = NULL, seed_until = NULL, updated_at = :now
WHERE id = :id`);
