import { passwordIn } from '../../disk/password-file.ts';
import { QbittorrentClient } from './client.ts';
import type { QbittorrentParts } from './settings.ts';

/** A client for the qBittorrent of the configuration. */
export function qbittorrentClient(parts: Pick<QbittorrentParts, 'config' | 'clock' | 'disk'>): QbittorrentClient {
  const { config, clock } = parts;
  return new QbittorrentClient({
    url: config.url.replace(/\/+$/, ''),
    username: config.username,
    password: () => passwordOf(parts),
    clock,
  });
}

async function passwordOf({ config, disk }: Pick<QbittorrentParts, 'config' | 'disk'>): Promise<string> {
  const { password, password_file: file } = config;
  return file === undefined ? (password ?? '') : passwordIn(disk, file, 'qbittorrent.password_file');
}
