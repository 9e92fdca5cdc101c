import type { Config } from '../../config/config.ts';

/** How torrents are downloaded, as this room needs it. */
export interface TorrentSettings {
  /** Absolute path of the folder where `.torrent` files and work files are kept. */
  readonly folder: string;
  /** Listened to; private torrents take the next one. 0: any. */
  readonly port: number;
  readonly trackers: boolean;
  readonly dht: boolean;
  /** `HOST:PORT` of nodes by which the DHT is entered. */
  readonly dhtBootstrap: readonly string[];
  readonly pex: boolean;
  readonly lsd: boolean;
  readonly webSeeds: boolean;
  /** Ask the router to let peers in. */
  readonly nat: boolean;
  /** Trackers and web seeds may be at private addresses. */
  readonly allowPrivate: boolean;
  /** Bytes/s to all peers together; 0: no limit. */
  readonly uploadRate: number;
  /** How long peers are asked what a magnet link contains, ms. */
  readonly metadataTimeout: number;
}

/** `folder`: absolute. */
export function torrentSettings(config: Config['torrent'], folder: string): TorrentSettings {
  return {
    folder,
    port: config.port,
    trackers: config.trackers,
    dht: config.dht,
    dhtBootstrap: config.dht_bootstrap,
    pex: config.pex,
    lsd: config.lsd,
    webSeeds: config.web_seeds,
    nat: config.nat,
    allowPrivate: config.allow_private,
    uploadRate: config.upload_rate === 'off' ? 0 : config.upload_rate,
    metadataTimeout: config.metadata_timeout,
  };
}
