import type { Migration } from './migration.ts';

/** Who only waits for its steps stands in no host's way: whose turn it is, is looked for among those that are to be fetched. */
export const stepPlaces: Migration = {
  version: 8,
  name: 'step places',
  statements: () => [
    'DROP INDEX downloads_turn',
    `CREATE INDEX downloads_turn ON downloads (COALESCE(runner, '-'), priority,
       (CASE WHEN position > 0 THEN 1 ELSE 0 END), COALESCE(category, '-'), host, position, id)
       WHERE (status = 'pending' OR called = 1) AND download_path IS NULL`,
  ],
};
