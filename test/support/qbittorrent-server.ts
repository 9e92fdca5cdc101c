import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RunningServer, startServer } from './servers.ts';
import { askedUntil } from './tells.ts';

/** A real qBittorrent with a profile of its own, on loopback; it looks for peers only where trackers name them. */
export interface QbittorrentServer extends AsyncDisposable {
  readonly url: string;
  readonly username: 'admin';
  readonly password: string;
  /** Asks its Web API, logged in; `form`: orders something. */
  call(path: string, form?: Readonly<Record<string, string>>): Promise<string>;
  /** The states of its torrents. */
  states(): Promise<readonly string[]>;
  /** Asks it until they are as wanted. */
  until(wanted: (states: readonly string[]) => boolean): Promise<void>;
  /** Ends it, with its memory on disk. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startQbittorrent(): Promise<QbittorrentServer> {
  const profile = await mkdtemp(join(tmpdir(), 'longhaul-qbittorrent-'));
  const password = 'correct horse';
  const [port, peers] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  await mkdir(join(profile, 'qBittorrent', 'config'), { recursive: true });
  await writeFile(join(profile, 'qBittorrent', 'config', 'qBittorrent.conf'), settings(port, peers, password));
  let running: RunningServer | undefined;
  const server: QbittorrentServer = {
    url,
    username: 'admin',
    password,
    async call(path, form) {
      const login = await fetch(`${url}/api/v2/auth/login`, {
        method: 'POST',
        body: new URLSearchParams({ username: 'admin', password }),
      });
      const headers = { cookie: (login.headers.getSetCookie()[0] ?? '').split(';', 1)[0] ?? '' };
      const how = form ? { method: 'POST', headers, body: new URLSearchParams(form) } : { headers };
      return (await fetch(`${url}/api/v2/${path}`, how)).text();
    },
    async states() {
      const torrents: { state: string }[] = JSON.parse(await server.call('torrents/info'));
      return torrents.map(({ state }) => state);
    },
    async until(wanted) {
      await askedUntil(async () => wanted(await server.states()) || undefined);
    },
    async start() {
      running = await startServer('qbittorrent-nox', port, [`--profile=${profile}`], {
        env: { HOME: profile },
      });
    },
    async stop() {
      await server.call('app/shutdown', {}).catch(() => {});
      await running?.stop();
      running = undefined;
    },
    async [Symbol.asyncDispose]() {
      await running?.stop();
      await rm(profile, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function settings(port: number, peers: number, password: string): string {
  const salt = randomBytes(16);
  const hash = pbkdf2Sync(password, salt, 100_000, 64, 'sha512');
  return `[LegalNotice]
Accepted=true
[BitTorrent]
Session\\Port=${peers}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\GlobalMaxRatio=0
Session\\RefreshInterval=100
Session\\MaxRatioAction=3
[Preferences]
WebUI\\Port=${port}
WebUI\\Address=127.0.0.1
WebUI\\LocalHostAuth=true
WebUI\\Username=admin
WebUI\\Password_PBKDF2="@ByteArray(${salt.toString('base64')}:${hash.toString('base64')})"
Connection\\UPnP=false
`;
}
