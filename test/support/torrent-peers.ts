import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, notRoot, type RunningServer, startServer } from './servers.ts';
import { askedUntil } from './tells.ts';
import { type MadeTorrent, makeTorrent, type ToMake } from './torrent-maker.ts';

/** Writes the files of a torrent as a seeder expects them below `folder`, and the .torrent beside them. */
export function laidOut(folder: string, wanted: ToMake): { made: MadeTorrent; torrentPath: string } {
  const made = makeTorrent(wanted);
  for (const { path, content } of wanted.files) {
    const place = wanted.isSingle ? join(folder, path) : join(folder, wanted.name, path);
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, content);
  }
  const torrentPath = join(folder, `${made.infoHash}.torrent`);
  writeFileSync(torrentPath, made.bytes);
  return { made, torrentPath };
}

/** aria2c, seeding what lies in `folder`. `rate`: bytes/s at most; `dht`: the port of a node on loopback. */
export async function startAria2(
  folder: string,
  torrentPath: string,
  { rate = 0, dht }: { readonly rate?: number; readonly dht?: number } = {},
): Promise<RunningServer> {
  const port = await freePort();
  const table =
    dht === undefined
      ? ['--enable-dht=false']
      : [
          `--dht-listen-port=${port}`,
          `--dht-entry-point=127.0.0.1:${dht}`,
          `--dht-file-path=${join(folder, 'dht.dat')}`,
        ];
  return startServer('aria2c', port, [
    ...['--no-conf', '--quiet', ...table, '--enable-dht6=false', '--bt-enable-lpd=false'],
    ...['--bt-seed-unverified=true', '--seed-ratio=0', '--check-integrity=true', '--bt-max-peers=100'],
    ...[`--listen-port=${port}`, `--dir=${folder}`, `--max-overall-upload-limit=${rate}`, torrentPath],
  ]);
}

export interface RealTracker {
  /** Its announce address. */
  readonly address: string;
  /** Waits until somebody has told it that all of this torrent is there. */
  knowsSeeder(infoHash: string): Promise<void>;
  stop(): Promise<void>;
}

/** opentracker, for torrents of these info hashes: Debian's knows no others. It does not run as root, so its folder is open. */
export async function startOpentracker(folder: string, ...infoHashes: readonly string[]): Promise<RealTracker> {
  const port = await freePort();
  const root = join(folder, 'tracker');
  mkdirSync(root);
  for (const each of [folder, root]) chmodSync(each, 0o755);
  writeFileSync(join(root, 'whitelist'), `${infoHashes.join('\n')}\n`, { mode: 0o644 });
  const listen = ['-i', '127.0.0.1', '-p', String(port), '-P', String(port)];
  const tracker = ['-d', root, '-w', 'whitelist'];
  const { stop } = await startServer('opentracker', port, [...listen, ...tracker], { cwd: root, user: notRoot() });
  return {
    address: `http://127.0.0.1:${port}/announce`,
    async knowsSeeder(infoHash) {
      const question = `http://127.0.0.1:${port}/scrape?info_hash=${infoHash.replaceAll(/../g, '%$&')}`;
      await askedUntil(async () => /8:completei[1-9]/.test(await (await fetch(question)).text()) || undefined, 100);
    },
    stop,
  };
}

/** transmission-daemon, seeding what lies in `folder`. `rate`: bytes/s at most. */
export async function startTransmission(
  folder: string,
  torrentPath: string,
  { rate = 0 }: { readonly rate?: number } = {},
): Promise<RunningServer> {
  const [port, rpc] = [await freePort(), await freePort()];
  const home = join(folder, 'transmission');
  const watched = join(home, 'watched');
  mkdirSync(watched, { recursive: true });
  copyFileSync(torrentPath, join(watched, 'seed.torrent'));
  const limit = { 'speed-limit-up-enabled': rate > 0, 'speed-limit-up': Math.round(rate / 1000) };
  writeFileSync(join(home, 'settings.json'), JSON.stringify(limit));
  return startServer('transmission-daemon', port, [
    ...['--foreground', '--config-dir', home, '--download-dir', folder, '--watch-dir', watched],
    ...['--peerport', String(port), '--port', String(rpc), '--rpc-bind-address', '127.0.0.1', '--no-auth'],
    ...['--bind-address-ipv4', '127.0.0.1', '--no-dht', '--no-lpd', '--no-portmap', '--no-utp'],
  ]);
}

/** qbittorrent-nox (libtorrent), seeding what lies in `folder`. `rate`: bytes/s at most. */
export async function startQbittorrentSeed(
  folder: string,
  torrentPath: string,
  { rate = 0 }: { readonly rate?: number } = {},
): Promise<RunningServer> {
  const [port, web] = [await freePort(), await freePort()];
  const profile = join(folder, 'qbittorrent');
  const config = join(profile, 'qBittorrent', 'config');
  mkdirSync(config, { recursive: true });
  const session = [
    ...[`Port=${port}`, 'Interface=lo', 'InterfaceName=lo', 'DHTEnabled=false', 'LSDEnabled=false', 'PeXEnabled=false'],
    ...[
      'BTProtocol=TCP',
      'SSRFMitigation=false',
      'MultiConnectionsPerIp=true',
      `GlobalUPSpeedLimit=${Math.round(rate / 1024)}`,
    ],
  ].map((line) => `Session\\${line}`);
  const preferences = [`WebUI\\Port=${web}`, 'WebUI\\Address=127.0.0.1'];
  const outside = ['Connection\\ResolvePeerCountries=false', '[Network]', 'PortForwardingEnabled=false'];
  const rest = ['[Preferences]', ...preferences, ...outside];
  const lines = ['[LegalNotice]', 'Accepted=true', '[BitTorrent]', ...session, ...rest];
  writeFileSync(join(config, 'qBittorrent.conf'), `${lines.join('\n')}\n`);
  return startServer('qbittorrent-nox', port, [`--profile=${profile}`, `--save-path=${folder}`, torrentPath], {
    env: { HOME: profile },
  });
}
