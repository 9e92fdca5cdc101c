import type { Migration } from './migration.ts';

/**
 * `warning`: what of a download is not as it was asked for although its steps are done. `left_elsewhere`: a completed step
 * still has something at a host that took no part in its result, and could not give it up then.
 */
export const warnings: Migration = {
  version: 12,
  name: 'warnings',
  statements: () => [
    'ALTER TABLE downloads ADD COLUMN warning TEXT',
    'ALTER TABLE steps ADD COLUMN left_elsewhere INTEGER NOT NULL DEFAULT 0',
    'CREATE INDEX steps_left_elsewhere ON steps (download_id, position) WHERE left_elsewhere = 1',
  ],
};
