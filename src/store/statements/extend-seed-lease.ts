import { statement } from './statement.ts';

/** None: it was taken away, paused or ended. */
export const extendSeedLease = statement<{ id: number; token: number; instance: string; seed_until: number }>(`
UPDATE downloads SET seed_until = :seed_until
WHERE id = :id AND seed_token = :token AND seed_by = :instance AND seeding = 'on'`);
