import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { type MadeTorrent, makeTorrent, type ToMake } from './torrent-maker.ts';

/** A program of Debian's that seeds torrents on loopback. */
export interface RealPeer {
  readonly port: number;
  /** Stands still, and answers nothing, until it is told to go on. */
  hold(still: boolean): void;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

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
): Promise<RealPeer> {
  const port = await freePort();
  const table =
    dht === undefined
      ? ['--enable-dht=false']
      : [
          `--dht-listen-port=${port}`,
          `--dht-entry-point=127.0.0.1:${dht}`,
          `--dht-file-path=${join(folder, 'dht.dat')}`,
        ];
  const child = spawn(
    'aria2c',
    [
      ...['--no-conf', '--quiet', ...table, '--enable-dht6=false', '--bt-enable-lpd=false'],
      ...['--bt-seed-unverified=true', '--seed-ratio=0', '--check-integrity=true', '--bt-max-peers=100'],
      ...[`--listen-port=${port}`, `--dir=${folder}`, `--max-overall-upload-limit=${rate}`, torrentPath],
    ],
    { stdio: 'ignore' },
  );
  return running(child, port);
}

async function running(child: ChildProcess, port: number): Promise<RealPeer> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await answers(port)) {
      return {
        port,
        hold: (still) => void child.kill(still ? 'SIGSTOP' : 'SIGCONT'),
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGKILL');
          await once(child, 'exit');
        },
      };
    }
    await after(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnfile} does not listen on ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

export interface RealTracker {
  /** Its announce address. */
  readonly address: string;
  /** Waits until somebody has told it that all of this torrent is there. */
  knowsSeeder(infoHash: string): Promise<void>;
  stop(): Promise<void>;
}

/** opentracker, for torrents of these info hashes: Debian's knows no others. It gives root up, so its folder is open. */
export async function startOpentracker(folder: string, ...infoHashes: readonly string[]): Promise<RealTracker> {
  const port = await freePort();
  const root = join(folder, 'tracker');
  mkdirSync(root);
  for (const each of [folder, root]) chmodSync(each, 0o755);
  writeFileSync(join(root, 'whitelist'), `${infoHashes.join('\n')}\n`, { mode: 0o644 });
  const listen = ['-i', '127.0.0.1', '-p', String(port), '-P', String(port)];
  const child = spawn('opentracker', [...listen, '-d', root, '-w', 'whitelist'], { cwd: root, stdio: 'ignore' });
  const { stop } = await running(child, port);
  return {
    address: `http://127.0.0.1:${port}/announce`,
    async knowsSeeder(infoHash) {
      const question = `http://127.0.0.1:${port}/scrape?info_hash=${infoHash.replaceAll(/../g, '%$&')}`;
      for (let tries = 0; tries < 300; tries += 1) {
        if (/8:completei[1-9]/.test(await (await fetch(question)).text())) return;
        await after(100);
      }
      throw new Error('no seeder came to the tracker');
    },
    stop,
  };
}

/** transmission-daemon, seeding what lies in `folder`. `rate`: bytes/s at most. */
export async function startTransmission(
  folder: string,
  torrentPath: string,
  { rate = 0 }: { readonly rate?: number } = {},
): Promise<RealPeer> {
  const [port, rpc] = [await freePort(), await freePort()];
  const home = join(folder, 'transmission');
  const watched = join(home, 'watched');
  mkdirSync(watched, { recursive: true });
  copyFileSync(torrentPath, join(watched, 'seed.torrent'));
  const limit = { 'speed-limit-up-enabled': rate > 0, 'speed-limit-up': Math.round(rate / 1000) };
  writeFileSync(join(home, 'settings.json'), JSON.stringify(limit));
  const child = spawn(
    'transmission-daemon',
    [
      ...['--foreground', '--config-dir', home, '--download-dir', folder, '--watch-dir', watched],
      ...['--peerport', String(port), '--port', String(rpc), '--rpc-bind-address', '127.0.0.1', '--no-auth'],
      ...['--bind-address-ipv4', '127.0.0.1', '--no-dht', '--no-lpd', '--no-portmap', '--no-utp'],
    ],
    { stdio: 'ignore' },
  );
  return running(child, port);
}

/** qbittorrent-nox (libtorrent), seeding what lies in `folder`. `rate`: bytes/s at most. */
export async function startQbittorrentSeed(
  folder: string,
  torrentPath: string,
  { rate = 0 }: { readonly rate?: number } = {},
): Promise<RealPeer> {
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
  const child = spawn('qbittorrent-nox', [`--profile=${profile}`, `--save-path=${folder}`, torrentPath], {
    stdio: 'ignore',
    env: { ...process.env, HOME: profile },
  });
  return running(child, port);
}
