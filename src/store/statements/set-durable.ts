import { statement } from './statement.ts';

/** A checkpoint: ranges that were fdatasynced before. */
export const setDurable = statement<{ id: number; download_id: number; durable: string; durable_bytes: number }>(`
UPDATE files SET durable = :durable, durable_bytes = :durable_bytes
WHERE id = :id AND download_id = :download_id`);
