import { statement } from './statement.ts';

/** One row changed: the name is this instance's now. It was free, or belonged to one that is registered no more. */
export const takeName = statement<{ name: string; value: string; now: number }>(`
INSERT INTO settings (name, value, updated_at) VALUES (:name, :value, :now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
WHERE settings.value NOT IN (SELECT uid FROM instances)`);
