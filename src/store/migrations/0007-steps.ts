import type { Migration } from './migration.ts';

/**
 * What steps need beside their rows: how often each was begun, which files they made (`step`: its position), which
 * file was here before and is the user's (`here_path`), where a download was put for others, and how many bytes stay of it (`kept_bytes`; NULL: all).
 */
export const steps: Migration = {
  version: 7,
  name: 'steps',
  statements: ({ bigint }) => [
    'ALTER TABLE steps ADD COLUMN tries INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE files ADD COLUMN step INTEGER',
    'ALTER TABLE files ADD COLUMN here_path TEXT',
    'ALTER TABLE downloads ADD COLUMN result_link TEXT',
    `ALTER TABLE downloads ADD COLUMN kept_bytes ${bigint}`,
    'DROP INDEX downloads_delivered',
    `CREATE INDEX downloads_delivered ON downloads (category, completed_at, id, file_size, kept_bytes)
       WHERE status = 'completed' AND retention IS NULL`,
  ],
};
