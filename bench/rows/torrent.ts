import { randomFillSync } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTorrent } from '../../test/support/torrent-maker.ts';
import { laidOut, startAria2, startOpentracker } from '../../test/support/torrent-peers.ts';
import { type Command, costOf } from '../measure.ts';
import { type Contender, cost, faster, type Goal, type Row, type Stage } from '../row.ts';

const MiB = 2 ** 20;
const bytes = 512 * MiB;
const pieceLength = MiB;

/** MB/s and CPU s/GiB of one of them, to look at. */
const figures = (name: string): Goal[] => [
  { text: `speed: ${name}`, figure: (of) => bytes / 1e6 / cost(of, name).wall, unit: 'MB/s' },
  { text: `CPU: ${name}`, figure: (of) => (cost(of, name).cpu * 1024 * MiB) / bytes, unit: 's/GiB' },
];

/** A contender whose command leaves `file.bin` in a folder of its own, empty at first. */
function fetcher(stage: Stage, name: string, command: (folder: string) => Command): Contender {
  const folder = join(stage.folder, `by-${name}`);
  return {
    name,
    async run() {
      mkdirSync(folder, { recursive: true });
      const measured = await costOf(stage.tools, { cwd: folder, ...command(folder) });
      const got = statSync(join(folder, 'file.bin')).size;
      rmSync(folder, { recursive: true });
      if (got !== bytes) throw new Error(`${name} delivered ${got} bytes of ${bytes}`);
      return measured;
    },
  };
}

export const torrent: Row = {
  name: 'torrent',
  what: '512 MiB from one aria2, found by opentracker, to disk, every piece proved.',
  rounds: 3,
  async prepare(stage) {
    const seeds = join(stage.folder, 'seeds');
    mkdirSync(seeds);
    // The tracker is somebody else's process, and has to come to its folder.
    chmodSync(stage.folder, 0o755);
    const files = [{ path: 'file.bin', content: randomFillSync(Buffer.alloc(bytes)) }];
    const wanted = { name: 'file.bin', files, isSingle: true, pieceLength };
    const { infoHash } = makeTorrent(wanted);
    const tracker = await startOpentracker(seeds, infoHash);
    const { torrentPath } = laidOut(seeds, { ...wanted, trackers: [tracker.address] });
    const peer = await startAria2(seeds, torrentPath);
    await tracker.knowsSeeder(infoHash);
    const quiet = [
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
    ];
    return {
      contenders: [
        fetcher(stage, 'longhaul', (folder) => ({
          argv: [...stage.longhaul, 'get', torrentPath, '-d', folder],
          env: {
            LONGHAUL_HOME: join(stage.folder, 'home'),
            LONGHAUL_QUEUE_IF_EXISTS: 'new',
            LONGHAUL_TORRENT_PORT: '0',
            LONGHAUL_TORRENT_DHT: 'false',
            LONGHAUL_TORRENT_LSD: 'false',
            LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
          },
        })),
        fetcher(stage, 'aria2', (folder) => ({
          argv: [
            'aria2c',
            '-q',
            '--no-conf',
            '--seed-time=0',
            ...quiet,
            '--file-allocation=none',
            '-d',
            folder,
            torrentPath,
          ],
        })),
        fetcher(stage, 'qbittorrent-nox', (folder) => ({
          argv: ['sh', '-c', byQbittorrent, 'sh', profileIn(stage), folder, torrentPath],
        })),
      ],
      goals: [
        faster('aria2', 1),
        faster('qbittorrent-nox', 1),
        ...['longhaul', 'aria2', 'qbittorrent-nox'].flatMap(figures),
      ],
      async stop() {
        await peer.stop();
        await tracker.stop();
      },
    };
  },
};

/** Until the file has its final name, which it gets when it is complete. */
const byQbittorrent = `rm -rf "$1/qBittorrent/data"
qbittorrent-nox --profile="$1" --save-path="$2" "$3" &
while [ ! -e "$2/file.bin" ]; do sleep 0.02; done
kill $!
wait
true`;

function profileIn(stage: Stage): string {
  const profile = join(stage.folder, 'profile');
  const config = join(profile, 'qBittorrent', 'config');
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, 'qBittorrent.conf'),
    `[BitTorrent]
Session\\AddExtensionToIncompleteFiles=true
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\SSRFMitigation=false
Session\\MultiConnectionsPerIp=true
Session\\BTProtocol=TCP

[LegalNotice]
Accepted=true
`,
  );
  return profile;
}
