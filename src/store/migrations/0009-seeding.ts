import type { Migration } from './migration.ts';

/**
 * Seeding, which is a property of a completed row: how long (`seed_goal`), how far (`seed_uploaded` bytes, `seed_ms`), and
 * a lease of its own, since a completed row has none.
 */
export const seeding: Migration = {
  version: 9,
  name: 'seeding',
  statements: ({ bigint }) => [
    "ALTER TABLE downloads ADD COLUMN seeding TEXT CHECK (seeding IN ('on', 'paused', 'ended'))",
    'ALTER TABLE downloads ADD COLUMN seed_goal TEXT',
    `ALTER TABLE downloads ADD COLUMN seed_uploaded ${bigint} NOT NULL DEFAULT 0`,
    `ALTER TABLE downloads ADD COLUMN seed_ms ${bigint} NOT NULL DEFAULT 0`,
    'ALTER TABLE downloads ADD COLUMN seed_message TEXT',
    `ALTER TABLE downloads ADD COLUMN seed_token ${bigint} NOT NULL DEFAULT 0`,
    'ALTER TABLE downloads ADD COLUMN seed_by TEXT',
    `ALTER TABLE downloads ADD COLUMN seed_until ${bigint}`,
    "CREATE INDEX downloads_seeded ON downloads (seeding, id) WHERE seeding = 'on'",
    'CREATE INDEX downloads_seeded_by ON downloads (seed_by) WHERE seed_by IS NOT NULL',
  ],
};
