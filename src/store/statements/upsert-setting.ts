import { statement } from './statement.ts';

export const upsertSetting = statement<{ name: string; value: string; now: number }>(`
INSERT INTO settings (name, value, updated_at) VALUES (:name, :value, :now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`);
