import type { StepRow } from '../rows.ts';
import { statement } from './statement.ts';

export const stepOfDownload = statement<{ download_id: number; position: number }, StepRow>(
  'SELECT * FROM steps WHERE download_id = :download_id AND position = :position',
);
