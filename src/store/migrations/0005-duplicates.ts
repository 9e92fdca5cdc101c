import type { Migration } from './migration.ts';

/** What was delivered is found by its link and by its name. */
export const duplicates: Migration = {
  version: 5,
  name: 'duplicates',
  statements: () => [
    "CREATE INDEX downloads_delivered_key ON downloads (link_key, id) WHERE status = 'completed'",
    "CREATE INDEX downloads_delivered_name ON downloads (name, id) WHERE status = 'completed'",
  ],
};
