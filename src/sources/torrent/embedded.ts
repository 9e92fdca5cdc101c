import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { AskerOptions } from '../http/asker.ts';
import type { Source } from '../source.ts';
import { Clients } from './clients.ts';
import { keptTorrents } from './kept.ts';
import { isTorrentLink, parseMagnet, torrentKey } from './magnet.ts';
import { torrentManifest } from './manifest.ts';
import { type Found, findMetadata } from './metadata.ts';
import { readTorrent } from './metainfo.ts';
import type { TorrentSettings } from './settings.ts';
import { allowPrivateTrackers } from './stand-ins/dgram.ts';
import { startingFew } from './starting-few.ts';
import { TorrentSeeding } from './torrent-seeding.ts';
import { type TorrentPlan, TorrentTransfer } from './torrent-transfer.ts';
import { reachWebThrough } from './web.ts';
import { removeOldWork } from './work-files.ts';

export interface EmbeddedOptions {
  readonly settings: TorrentSettings;
  /** How trackers and web seeds are asked. */
  readonly asking: Pick<AskerOptions, 'config' | 'hosts'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/** Torrents that begin at the same time: each reads its files' facts, and the library hashes its list. */
const startingAtOnce = 10;

/** The embedded engine: torrents as a source. It runs in a thread of its own (`torrent.worker.ts`). */
export function createEmbeddedTorrents({ settings, asking, clock, disk, log }: EmbeddedOptions): Source {
  const clients = new Clients(settings, clock, log);
  const kept = keptTorrents(disk, settings.folder);
  const web = reachWebThrough({ ...asking, clock, disk }, settings.allowPrivate);
  if (settings.allowPrivate) allowPrivateTrackers();
  void removeOldWork(disk, settings.folder, clock.now());
  const starting = startingFew(startingAtOnce);
  const { folder, webSeeds } = settings;
  const parts = { clients, disk, clock, kept, folder, webSeeds, starting };
  return {
    name: 'torrent',
    accepts: isTorrentLink,
    keyOf: torrentKey,
    async resolve(request, signal) {
      signal.throwIfAborted();
      const magnet = parseMagnet(request.link);
      const known = await kept.read(magnet.infoHash);
      const found: Found = known
        ? { bytes: known, peers: magnet.peers }
        : await findMetadata(clients, magnet, { timeout: settings.metadataTimeout, clock, signal });
      const metainfo = readTorrent(found.bytes);
      if (metainfo.infoHash !== magnet.infoHash) throw new Failure('link', 'the .torrent is not the one of the link');
      log.debug({ infoHash: metainfo.infoHash, files: metainfo.files.length }, 'resolved');
      return torrentManifest(metainfo, request, found satisfies TorrentPlan);
    },
    fetch: (request) => new TorrentTransfer(parts, request),
    seed: (request) => new TorrentSeeding(parts, request),
    async close() {
      await clients.close();
      web.close();
    },
  };
}
