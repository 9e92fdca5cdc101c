import type { Migration } from './migration.ts';

/**
 * `steps_left`: of what is done after the bytes are in place, how many steps are not completed. By it the queue knows what
 * waits for a place among the steps, and what only has to end, without looking at all of them. `steps_marked`: which
 * steps are in the middle of something.
 */
export const stepsLeft: Migration = {
  version: 11,
  name: 'steps left',
  statements: () => [
    'ALTER TABLE downloads ADD COLUMN steps_left INTEGER NOT NULL DEFAULT 0',
    `UPDATE downloads SET steps_left =
       (SELECT COUNT(*) FROM steps WHERE steps.download_id = downloads.id AND steps.status <> 'completed')
       WHERE EXISTS (SELECT 1 FROM steps WHERE steps.download_id = downloads.id)`,
    'DROP INDEX downloads_in_place',
    `CREATE INDEX downloads_in_place ON downloads (COALESCE(runner, '-'), id)
       WHERE (status = 'pending' OR called = 1) AND download_path IS NOT NULL AND steps_left = 0`,
    `CREATE INDEX downloads_for_steps ON downloads (COALESCE(runner, '-'), priority DESC, position, id)
       WHERE (status = 'pending' OR called = 1) AND download_path IS NOT NULL AND steps_left > 0`,
    "CREATE INDEX steps_marked ON steps (download_id, position) WHERE resume_mark IS NOT NULL AND status <> 'completed'",
  ],
};
