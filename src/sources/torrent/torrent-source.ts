import type { Source } from '../source.ts';
import { type KeptTorrents, keepFor } from './kept.ts';
import { isTorrentLink, parseMagnet, torrentKey } from './magnet.ts';
import { torrentManifest } from './manifest.ts';
import { readTorrent } from './metainfo.ts';

export interface TorrentSourceOptions {
  readonly kept: KeptTorrents;
  /** Who asks peers, and fetches. */
  readonly engine: Source;
}

/** Torrents: magnet links, info hashes, and .torrent files that were kept. What is heavy is loaded with the first one. */
export function createTorrentSource({ kept, engine }: TorrentSourceOptions): Source {
  return {
    name: 'torrent',
    accepts: isTorrentLink,
    keyOf: torrentKey,
    keep: (link, content) => keepFor(kept, link, content),
    async resolve(request, signal) {
      const { infoHash } = parseMagnet(request.link);
      if (!request.content) return engine.resolve(request, signal);
      signal.throwIfAborted();
      return torrentManifest(readTorrent(request.content), request, { infoHash });
    },
    fetch: (request) => engine.fetch(request),
    ...(engine.seed ? { seed: engine.seed } : {}),
    forget: (linkKey, before) => kept.forget(linkKey, before),
    keptKeys: () => kept.keptKeys(),
    discard: (manifest) => engine.discard?.(manifest),
    close: () => engine.close(),
  };
}
