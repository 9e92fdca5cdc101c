import type { Migration } from './migration.ts';

/**
 * What is known of a delivered file besides its size, so that nothing is ever removed that is not it; what retention
 * made of a download (`gone`, `changed`: it is the user's now; `foreign`: it always was; `removing`: its files are still to be removed); figures of attempts; who
 * does a chore.
 */
export const tending: Migration = {
  version: 4,
  name: 'tending',
  statements: ({ bigint }) => [
    'ALTER TABLE files ADD COLUMN identity TEXT',
    `ALTER TABLE files ADD COLUMN modified_at ${bigint}`,
    'ALTER TABLE downloads ADD COLUMN retention TEXT',
    `ALTER TABLE attempts ADD COLUMN peak_speed ${bigint}`,
    'ALTER TABLE attempts ADD COLUMN restarted INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE chores ADD COLUMN owner TEXT',
    `CREATE INDEX downloads_delivered ON downloads (category, completed_at, id, file_size)
       WHERE status = 'completed' AND retention IS NULL`,
    'CREATE INDEX downloads_tended ON downloads (retention) WHERE retention IS NOT NULL',
    'CREATE INDEX files_final ON files (final_path) WHERE final_path IS NOT NULL',
    "CREATE INDEX events_of_removed ON events (uid) WHERE kind = 'removed'",
  ],
};
