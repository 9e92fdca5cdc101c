import { defaults } from '../../src/config/defaults.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { silentLog } from '../../src/log/log.ts';
import type { Source } from '../../src/sources/source.ts';
import { createEmbeddedTorrents } from '../../src/sources/torrent/embedded.ts';
import type { TorrentSettings } from '../../src/sources/torrent/settings.ts';
import { createTorrentThread } from '../../src/sources/torrent/torrent-thread.ts';
import { systemClock } from '../../src/time/clock.ts';

/** Everything that would reach beyond loopback is off. */
function loopbackSettings(folder: string, more: Partial<TorrentSettings> = {}): TorrentSettings {
  return {
    folder,
    port: 0,
    trackers: true,
    dht: false,
    dhtBootstrap: [],
    pex: true,
    lsd: false,
    webSeeds: true,
    nat: false,
    allowPrivate: true,
    uploadRate: 0,
    metadataTimeout: 10_000,
    ...more,
  };
}

/** In a thread of its own, as in the program. */
export function threadedTorrents(folder: string): Source {
  return createTorrentThread({
    settings: loopbackSettings(folder),
    asking: { config: defaults.http, hosts: {} },
    clock: systemClock,
    log: silentLog,
  });
}

export function embeddedTorrents(folder: string, more: Partial<TorrentSettings> = {}, disk = realDisk): Source {
  return createEmbeddedTorrents({
    settings: loopbackSettings(folder, more),
    asking: { config: defaults.http, hosts: {} },
    clock: systemClock,
    disk,
    log: silentLog,
  });
}
