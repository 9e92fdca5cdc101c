import { statement } from './statement.ts';

/** The highest speed of a try, bytes/s. */
export const setPeak = statement<{ download_id: number; token: number; speed: number }>(`
UPDATE attempts SET peak_speed = :speed
WHERE download_id = :download_id AND token = :token AND (peak_speed IS NULL OR peak_speed < :speed)`);
