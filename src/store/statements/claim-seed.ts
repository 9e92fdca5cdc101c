import { statement } from './statement.ts';

/** None: another was first. */
export const claimSeed = statement<{ id: number; instance: string; seed_until: number; now: number }>(`
UPDATE downloads SET seed_token = seed_token + 1, seed_by = :instance, seed_until = :seed_until
WHERE id = :id AND seeding = 'on' AND status = 'completed' AND (seed_by IS NULL OR seed_until < :now)`);
