import { Failure } from '../../downloads/failure.ts';
import type { Source } from '../source.ts';
import type { KeptTorrents } from './kept.ts';
import { isTorrentLink, parseMagnet, torrentKey } from './magnet.ts';
import { torrentManifest } from './manifest.ts';
import { readTorrent } from './metainfo.ts';

export interface TorrentSourceOptions {
  readonly kept: KeptTorrents;
}

/** Torrents: magnet links, info hashes, and .torrent files that were kept. What is heavy is loaded with the first one. */
export function createTorrentSource({ kept }: TorrentSourceOptions): Source {
  return {
    name: 'torrent',
    accepts: isTorrentLink,
    keyOf: torrentKey,
    async keep(link, content) {
      const { infoHash } = readTorrent(content);
      if (infoHash !== parseMagnet(link).infoHash) throw new Failure('link', 'the .torrent is not the one of the link');
      await kept.keep(infoHash, content);
    },
    async resolve(request, signal) {
      signal.throwIfAborted();
      const { infoHash } = parseMagnet(request.link);
      const content = request.content ?? (await kept.read(infoHash));
      if (!content) throw notHere();
      const metainfo = readTorrent(content);
      return torrentManifest(metainfo, request, { infoHash });
    },
    fetch() {
      throw notHere();
    },
    async close() {},
  };
}

function notHere(): Failure {
  return new Failure('link', 'this version does not download torrents itself');
}
