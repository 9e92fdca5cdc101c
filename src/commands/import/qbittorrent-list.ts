import type { TorrentElsewhere } from '../../sources/qbittorrent/list.ts';
import { emptyRow, type Found } from './read-row.ts';

/**
 * What a qBittorrent has, as rows to read: what is complete was delivered by it, and is never touched here. What it
 * still downloads is its own matter. Pure.
 */
export function qbittorrentRows(torrents: readonly TorrentElsewhere[]): Found[] {
  return torrents.map((torrent) => {
    if (torrent.isOwn) return { leftOut: 'downloads of Longhaul itself' };
    if (!torrent.isComplete)
      return { leftOut: 'torrents that it still downloads (import again when they are complete)' };
    return {
      ...emptyRow(null, 'qbittorrent', torrent.hash),
      link: torrent.link,
      status: 'completed',
      name: torrent.name,
      path: torrent.path === '' ? null : torrent.path,
      directory: torrent.folder === '' ? null : torrent.folder,
      size: torrent.size,
      metadata: torrent.category === null ? {} : { category: torrent.category },
      startedAt: torrent.addedAt,
      completedAt: torrent.completedAt,
      createdAt: torrent.addedAt,
      updatedAt: torrent.completedAt,
    };
  });
}
