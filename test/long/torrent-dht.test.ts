import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDhtNode } from '../support/dht-node.ts';
import { patterned } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { longhaul, ownPlace, type Place, type Program } from '../support/program.ts';
import { laidOut, startAria2 } from '../support/torrent-peers.ts';

const content = patterned(3_000_001, 5);
const film = { name: 'film.bin', files: [{ path: 'film.bin', content }], isSingle: true };
const env = (port: number) => ({
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_PEX: 'false',
  LONGHAUL_TORRENT_TRACKERS: 'false',
  LONGHAUL_TORRENT_DHT_BOOTSTRAP: `127.0.0.1:${port}`,
});

test(
  'a bare info hash is enough: peers, what it contains and its bytes come by the DHT alone',
  needs('aria2c'),
  async (t) => {
    const node = await startDhtNode();
    t.after(() => node.stop());
    const infoHash = await seededBy(t, node.port);
    await using at = await ownPlace();
    await isDelivered(longhaul(['get', infoHash], { ...at, env: env(node.port) }), at);
  },
);

test(
  'the node by which the DHT is entered comes late: it is asked again after seconds, not a quarter of an hour',
  needs('aria2c'),
  async (t) => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address();
    await using at = await ownPlace();
    const { made } = laidOut(await ownFolder(t), film);
    const got = longhaul(['get', made.infoHash], { ...at, env: env(port) });
    for (let asked = 0; asked < 3; asked += 1) await once(silent, 'message');
    silent.close();
    await once(silent, 'close');
    const node = await startDhtNode(port);
    t.after(() => node.stop());
    assert.equal(await seededBy(t, port), made.infoHash);
    await isDelivered(got, at);
  },
);

/** aria2 sends it to whoever finds it by this node. */
async function seededBy(t: TestContext, dht: number): Promise<string> {
  const folder = await ownFolder(t);
  const { made, torrentPath } = laidOut(folder, film);
  const peer = await startAria2(folder, torrentPath, { dht });
  t.after(() => peer.stop());
  return made.infoHash;
}

async function isDelivered(got: Program, { cwd }: Place): Promise<void> {
  const end = await got.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.equal(await sha256(join(cwd, 'film.bin')), createHash('sha256').update(content).digest('hex'));
}

async function ownFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-dht-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
