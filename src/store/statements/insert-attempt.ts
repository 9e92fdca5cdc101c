import { statement } from './statement.ts';

export const insertAttempt = statement<{
  download_id: number;
  token: number;
  instance: string;
  from_bytes: number;
  now: number;
}>(`
INSERT INTO attempts (download_id, token, instance, from_bytes, started_at)
VALUES (:download_id, :token, :instance, :from_bytes, :now)`);
