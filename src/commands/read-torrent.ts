import type { ListedTorrent, TorrentRequest } from './commands.ts';
import { withoutOwn } from './own-options.ts';
import type { CommandParts } from './parts.ts';

/** What a .torrent asks for, as a request to add. Throws `Failure`. */
export async function readTorrentFile(
  parts: Pick<CommandParts, 'readBytes'>,
  from: TorrentRequest,
): Promise<ListedTorrent> {
  const [{ mostTorrentBytes, readTorrent }, { magnetOf }] = await Promise.all([
    import('../sources/torrent/metainfo.ts'),
    import('../sources/torrent/magnet.ts'),
  ]);
  const { directory, options = {} } = from;
  const torrent = 'content' in from ? from.content : await parts.readBytes(from.link, options, mostTorrentBytes);
  return { link: magnetOf(readTorrent(torrent)), torrent, directory, options: withoutOwn(options) };
}
