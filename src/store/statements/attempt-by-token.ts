import type { AttemptRow } from '../rows.ts';
import { statement } from './statement.ts';

export const attemptByToken = statement<{ download_id: number; token: number }, AttemptRow>(
  'SELECT * FROM attempts WHERE download_id = :download_id AND token = :token',
);
