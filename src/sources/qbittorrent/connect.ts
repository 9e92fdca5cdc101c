import { Failure } from '../../downloads/failure.ts';
import { QbittorrentClient } from './client.ts';
import type { QbittorrentParts } from './settings.ts';

const mostPassword = 1000;

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
  if (file === undefined) return password ?? '';
  const text = await disk.readText(file).catch(() => undefined);
  const first = (text ?? '').split(/\r?\n/, 1)[0] ?? '';
  if (first !== '' && first.length <= mostPassword) return first;
  const what = text === undefined ? 'cannot be read' : 'does not begin with a password';
  throw new Failure(
    'refused',
    `the file of qbittorrent.password_file, ${file}, ${what}; correct it, then longhaul retry`,
  );
}
