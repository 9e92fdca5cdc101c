import type { Dialect, Migration } from './migration.ts';

/**
 * The order of the queue, and whose turn it is. `called` 1: it was `retrying`, its next try is due, and it stands
 * in the queue like a pending one. `position` has gaps, so that a row moves without its neighbours.
 */
export const queue: Migration = {
  version: 6,
  name: 'queue',
  statements: (dialect) => [
    "ALTER TABLE downloads ADD COLUMN host TEXT NOT NULL DEFAULT '-'",
    "ALTER TABLE downloads ADD COLUMN called INTEGER NOT NULL DEFAULT 0 CHECK (called = 0 OR status = 'retrying')",
    ...hosts(dialect),
    'UPDATE downloads SET position = id * 1048576',
    'DROP INDEX downloads_in_turn',
    'DROP INDEX downloads_due',
    ...indexes,
  ],
};

const hosts = ({ hostOf }: Dialect) => (hostOf ? [`UPDATE downloads SET host = ${hostOf('link')}`] : []);

/** Expressions as the statements write them: only then an index answers. */
const indexes = [
  `CREATE INDEX downloads_turn ON downloads (COALESCE(runner, '-'), priority,
     (CASE WHEN position > 0 THEN 1 ELSE 0 END), COALESCE(category, '-'), host, position, id)
     WHERE (status = 'pending' OR called = 1)`,
  `CREATE INDEX downloads_in_place ON downloads (COALESCE(runner, '-'), id)
     WHERE (status = 'pending' OR called = 1) AND download_path IS NOT NULL`,
  `CREATE INDEX downloads_due ON downloads (COALESCE(runner, '-'), next_attempt_at)
     WHERE status = 'retrying' AND called = 0`,
  `CREATE INDEX downloads_rank ON downloads (priority, position, id)
     WHERE status NOT IN ('completed', 'failed', 'cancelled', 'cleaned')`,
  `CREATE INDEX downloads_owned ON downloads (runner)
     WHERE runner IS NOT NULL AND status NOT IN ('downloading', 'processing', 'completed', 'failed', 'cancelled', 'cleaned')`,
  'CREATE INDEX downloads_of_category ON downloads (category, status, id) WHERE category IS NOT NULL',
  'CREATE INDEX downloads_leased_host ON downloads (host, category, status) WHERE locked_by IS NOT NULL',
];
