import type { Migration } from './migration.ts';

/** What a person set for all downloads while they run; values are JSON. */
export const settings: Migration = {
  version: 2,
  name: 'settings',
  statements: ({ bigint }) => [
    `CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at ${bigint} NOT NULL
)`,
  ],
};
