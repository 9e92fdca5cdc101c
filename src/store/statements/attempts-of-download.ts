import type { AttemptRow } from '../rows.ts';
import { statement } from './statement.ts';

export const attemptsOfDownload = statement<{ download_id: number }, AttemptRow>(
  'SELECT * FROM attempts WHERE download_id = :download_id ORDER BY id',
);
