import { statement } from './statement.ts';

/** Some torrent with this key, in whatever state. */
export const torrentByKey = statement<{ link_key: string }, { id: number }>(`
SELECT id FROM downloads WHERE link_key = :link_key AND source IN ('torrent', 'qbittorrent') LIMIT 1`);
