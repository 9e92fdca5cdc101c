import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { sourceContract } from '../../../test/contract/source.ts';
import { patterned } from '../../../test/support/http-bench.ts';
import { embeddedTorrents } from '../../../test/support/torrent-bench.ts';
import { makeTorrent } from '../../../test/support/torrent-maker.ts';
import { TorrentSwarm } from '../../../test/support/torrent-swarm.ts';

const bytes = patterned(3 << 19);
const torrent = makeTorrent({ name: 'file.bin', files: [{ path: 'file.bin', content: bytes }], isSingle: true });
const swarm = await TorrentSwarm.open(torrent);
const state = await mkdtemp(join(tmpdir(), 'longhaul-torrents-'));

after(async () => {
  await swarm.close();
  await rm(state, { recursive: true, force: true });
});

sourceContract('torrent', async () => ({
  create: () => embeddedTorrents(state),
  link: swarm.magnet(torrent),
  bytes,
  malformed: 'magnet:?dn=nothing',
  foreign: 'https://example.com/file',
  stallAfter: (most) => {
    swarm.stallAfter = most;
  },
  async dispose() {
    swarm.stallAfter = 0;
  },
}));
