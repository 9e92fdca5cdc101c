import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

export const insertSample = statement<{
  subject: string;
  at: number;
  bytes: number;
  total: number | null;
  status: Status;
}>('INSERT INTO samples (subject, at, bytes, total, status) VALUES (:subject, :at, :bytes, :total, :status)');
