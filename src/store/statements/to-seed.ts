import { statement } from './statement.ts';

/** What nobody seeds and this runner may; `any` 1: whoever was to download it. */
export const toSeed = statement<{ any: number; runner: string; now: number; limit: number }, { id: number }>(`
SELECT id FROM downloads
WHERE seeding = 'on' AND (seed_by IS NULL OR seed_until < :now) AND (:any = 1 OR runner = :runner)
ORDER BY id LIMIT :limit`);
