import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Paths } from '../config/paths.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { DownloadOptions } from '../downloads/download.ts';
import type { Log } from '../log/log.ts';
import type { Sources } from '../sources/registry.ts';
import type { Source } from '../sources/source.ts';
import { keptTorrents } from '../sources/torrent/kept.ts';
import type { Clock } from '../time/clock.ts';

export interface LazySources {
  load(): Promise<Sources>;
  /** The text of an http link, of at most so many bytes. Throws `Failure`. */
  readText(link: string, options: DownloadOptions, most: number): Promise<string>;
  /** The same as bytes. */
  readBytes(link: string, options: DownloadOptions, most: number): Promise<Uint8Array>;
  /** Safe to call twice, and when nothing was loaded. */
  close(): Promise<void>;
}

export interface SourceParts {
  readonly config: Config;
  readonly paths: Pick<Paths, 'sessions' | 'torrents'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The sources of this version, loaded when the first is needed: verbs that only read never pay for them. */
export function lazySources(parts: SourceParts): LazySources {
  const asking = { config: parts.config.http, hosts: parts.config.hosts, clock: parts.clock, disk: realDisk };
  let loaded: Promise<Sources> | undefined;
  return {
    load() {
      loaded ??= loadSources(parts);
      return loaded;
    },
    async readText(link, options, most) {
      const { readText } = await import('../sources/http/read-text.ts');
      return readText(asking, { link, options, most });
    },
    async readBytes(link, options, most) {
      const { readBytes } = await import('../sources/http/read-text.ts');
      return readBytes(asking, { link, options, most });
    },
    async close() {
      if (loaded) await (await loaded).close();
    },
  };
}

async function loadSources({ config, paths, clock, log }: SourceParts): Promise<Sources> {
  const [
    { createHttpThreads },
    { createFtpThreads },
    { createSftpThreads },
    mega,
    { createTorrentSource },
    { createTorrentThread },
    { torrentSettings },
    { createQbittorrentSource },
    { createStreamThreads },
    { sourceRegistry },
  ] = await Promise.all([
    import('../sources/http/http-threads.ts'),
    import('../sources/ftp/ftp-threads.ts'),
    import('../sources/sftp/sftp-threads.ts'),
    loadMega({ config, paths, clock, log }),
    import('../sources/torrent/torrent-source.ts'),
    import('../sources/torrent/torrent-thread.ts'),
    import('../sources/torrent/settings.ts'),
    import('../sources/qbittorrent/qbittorrent-source.ts'),
    import('../sources/stream/stream-threads.ts'),
    import('../sources/registry.ts'),
  ]);
  const http = createHttpThreads({
    config: config.http,
    hosts: config.hosts,
    clock,
    disk: realDisk,
    log: log.room('sources/http'),
  });
  const ftp = createFtpThreads({ config, clock, disk: realDisk, log: log.room('sources/ftp') });
  const sftp = createSftpThreads({ config, clock, disk: realDisk, log: log.room('sources/sftp') });
  const engine = createTorrentThread({
    settings: torrentSettings(config.torrent, paths.torrents),
    asking: { config: config.http, hosts: config.hosts },
    clock,
    log,
  });
  const kept = keptTorrents(realDisk, paths.torrents);
  const embedded = createTorrentSource({ kept, engine });
  const external = createQbittorrentSource({
    config: config.qbittorrent,
    metadataTimeout: config.torrent.metadata_timeout,
    ...{ kept, clock, disk: realDisk, log: log.room('sources/qbittorrent') },
  });
  // What was begun with the other one goes on with it.
  const torrents = config.torrent.engine === 'qbittorrent' ? [external, embedded] : [embedded, external];
  const stream = createStreamThreads({ config, clock, disk: realDisk, log: log.room('sources/stream') });
  return sourceRegistry(
    [...mega, ...torrents, http, stream, ftp, sftp],
    ['http://', 'https://', 'ftp://', 'sftp://', 'magnet:'],
  );
}

/** Both take the same links; the first has those for which none is named. */
async function loadMega({ config, paths, clock, log }: SourceParts): Promise<readonly Source[]> {
  const [{ createMegaThreads }, { createMegacmdSource }] = await Promise.all([
    import('../sources/mega/mega-threads.ts'),
    import('../sources/megacmd/megacmd-source.ts'),
  ]);
  const embedded = createMegaThreads({
    config,
    sessionFile: join(paths.sessions, 'mega.json'),
    clock,
    disk: realDisk,
    log: log.room('sources/mega'),
  });
  const megacmd = createMegacmdSource({ config, clock, disk: realDisk });
  return config.mega.engine === 'megacmd' ? [megacmd, embedded] : [embedded, megacmd];
}
