import { join } from 'node:path';
import { Failure } from '../../downloads/failure.ts';
import type { FetchRequest, Source } from '../source.ts';
import { keepFor } from '../torrent/kept.ts';
import { isTorrentLink, parseMagnet, torrentKey } from '../torrent/magnet.ts';
import { torrentManifest } from '../torrent/manifest.ts';
import { readTorrent } from '../torrent/metainfo.ts';
import { QbittorrentApi } from './api.ts';
import { qbittorrentClient } from './connect.ts';
import { askForMetadata } from './metadata.ts';
import { removeEmptied } from './remove-emptied.ts';
import { type QbittorrentParts, tagOf } from './settings.ts';
import { QbittorrentTransfer } from './transfer.ts';

/** What `resolve` hands to `fetch`. */
interface Plan {
  readonly content: Uint8Array;
  readonly directory: string;
}

/**
 * Torrents through a qBittorrent that runs beside Longhaul. It fetches each into a folder of its own; what came is
 * checked and delivered as every download. Its trackers, peers and web seeds are its own matter: Longhaul's rules about
 * addresses do not reach them.
 */
export function createQbittorrentSource(parts: QbittorrentParts): Source {
  const { kept, config, clock, disk, log } = parts;
  const api = new QbittorrentApi(qbittorrentClient(parts));
  const ending = new AbortController();
  return {
    name: 'qbittorrent',
    accepts: isTorrentLink,
    keyOf: torrentKey,
    keep: (link, content) => keepFor(kept, link, content),
    async resolve(request, signal) {
      signal.throwIfAborted();
      const { infoHash } = parseMagnet(request.link);
      const known = request.content ?? (await kept.read(infoHash));
      const content = known ?? (await askForMetadata({ ...parts, api }, { ...request, infoHash }, signal));
      const metainfo = readTorrent(content);
      if (metainfo.infoHash !== infoHash) throw new Failure('link', 'the .torrent is not the one of the link');
      if (!known) await kept.keep(infoHash, content);
      return torrentManifest(metainfo, request, { content, directory: request.directory } satisfies Plan);
    },
    fetch(request) {
      return new QbittorrentTransfer({ api, disk, clock, log }, request, workOf(request));
    },
    async giveUp({ uid, linkKey, directory }, signal) {
      const infoHash = /^magnet:btih:([0-9a-f]{40})$/.exec(linkKey)?.[1];
      if (infoHash === undefined) return;
      const found = await api.find(infoHash, AbortSignal.any([signal, ending.signal]));
      const tags = (found?.tags ?? '').split(',').map((tag) => tag.trim());
      if (!tags.includes(tagOf(uid))) return;
      const until = AbortSignal.any([signal, ending.signal]);
      await api.delete(infoHash, until);
      await removeEmptied(disk, foldersOf(uid, directory).folder, clock, until);
    },
    forget: (linkKey, before) => kept.forget(linkKey, before),
    async close() {
      ending.abort(new Failure('internal', 'the source is closed'));
    },
  };

  function workOf({ uid, manifest }: FetchRequest): ConstructorParameters<typeof QbittorrentTransfer>[2] {
    const { content, directory } = manifest.plan as Plan;
    const metainfo = readTorrent(content);
    const own = uid ?? metainfo.infoHash;
    return { metainfo, content, tag: tagOf(own), ...foldersOf(own, directory) };
  }

  /** Both processes must see it; where they call it differently, the configuration says so. */
  function foldersOf(uid: string, directory: string): { readonly folder: string; readonly folderThere: string } {
    const name = `.longhaul-${uid}`;
    const folder = join(config.folder ?? directory, name);
    return { folder, folderThere: config.folder_there === undefined ? folder : `${config.folder_there}/${name}` };
  }
}
