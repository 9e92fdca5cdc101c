import type { Migration } from './migration.ts';

/**
 * `idle` 1: it runs and is sent nothing, so it takes no slot. By `downloads_torrent_key` it is known which .torrent files
 * are still needed.
 */
export const torrents: Migration = {
  version: 10,
  name: 'torrents',
  statements: () => [
    'ALTER TABLE downloads ADD COLUMN idle INTEGER NOT NULL DEFAULT 0 CHECK (idle IN (0, 1))',
    "CREATE INDEX downloads_torrent_key ON downloads (link_key) WHERE source IN ('torrent', 'qbittorrent')",
  ],
};
