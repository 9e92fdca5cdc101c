import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

export const stepsOfDownload = statement<{ download_id: number }, StepRow>(
  'SELECT * FROM steps WHERE download_id = :download_id ORDER BY position',
);
