import { join } from 'node:path';
import { Failure } from '../../downloads/failure.ts';
import type { ResolveRequest } from '../source.ts';
import { mostTorrentBytes } from '../torrent/metainfo.ts';
import type { QbittorrentApi } from './api.ts';
import { ownTag, type QbittorrentParts } from './settings.ts';

/** On torrents that are there only until their contents are known. */
const metadataTag = `${ownTag}-metadata`;
const askEvery = 500;

/**
 * Lets qBittorrent find out what a magnet link contains, and takes it out again. One that it has already is asked
 * and left alone. Throws `Failure`; after the configured time it waits for peers, and the slot is another's.
 */
export async function askForMetadata(
  parts: QbittorrentParts & { readonly api: QbittorrentApi },
  { link, infoHash, directory }: ResolveRequest & { readonly infoHash: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { api, clock, config, metadataTimeout } = parts;
  const there = await api.find(infoHash, signal);
  const isOwn = !there || there.tags.includes(metadataTag);
  if (!there) {
    const folder = join(config.folder_there ?? config.folder ?? directory, `.longhaul-${infoHash}`);
    const magnet = link.trim().toLowerCase().startsWith('magnet:') ? link.trim() : `magnet:?xt=urn:btih:${infoHash}`;
    await api.add({ torrent: { magnet }, folder, tags: [ownTag, metadataTag], stopped: false }, signal);
  }
  try {
    const end = clock.monotonic() + metadataTimeout;
    while (clock.monotonic() < end) {
      const found = await api.find(infoHash, signal);
      const files = found && found.size > 0 ? await api.files(infoHash, signal) : undefined;
      const content = files && files.length > 0 ? await api.export(infoHash, signal) : undefined;
      if (content && content.length > 0 && content.length <= mostTorrentBytes) return content;
      await clock.sleep(askEvery, signal);
    }
    throw new Failure('network', 'no peer has told yet what the magnet link contains; it is asked again', {
      retry: { when: 'later', reason: 'metadata' },
    });
  } finally {
    // Also where the wait was given up.
    if (isOwn) await api.delete(infoHash, new AbortController().signal).catch(() => {});
  }
}
