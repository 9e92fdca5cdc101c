import { statement } from './statement.ts';

/** Whether it takes a slot; only its holder says so. */
export const setIdle = statement<{ id: number; token: number; idle: number }>(`
UPDATE downloads SET idle = :idle
WHERE id = :id AND lease_token = :token AND locked_by IS NOT NULL AND status = 'downloading'`);
