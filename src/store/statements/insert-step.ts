import { statement } from './statement.ts';

export const insertStep = statement<{ download_id: number; position: number; kind: string; options: string }>(`
INSERT INTO steps (download_id, position, kind, options, status)
VALUES (:download_id, :position, :kind, :options, 'pending')`);
