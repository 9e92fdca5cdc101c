import { statement } from './statement.ts';

/** Whoever may seed it may have it. */
export const releaseSeed = statement<{ id: number; token: number }>(`
UPDATE downloads SET seed_by = NULL, seed_until = NULL WHERE id = :id AND seed_token = :token`);
