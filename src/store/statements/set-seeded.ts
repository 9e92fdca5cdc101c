import { statement } from './statement.ts';

/** How far seeding has come, as the last who claimed it tells. */
export const setSeeded = statement<{ id: number; token: number; uploaded: number; ms: number }>(`
UPDATE downloads SET seed_uploaded = :uploaded, seed_ms = :ms WHERE id = :id AND seed_token = :token`);
