import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { patterned } from '../support/http-bench.ts';
import hybrid from '../support/hybrid-torrent.json' with { type: 'json' };
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { startNginx } from '../support/nginx.ts';
import { placeTells, untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, type Program, run } from '../support/program.ts';
import { inOwnNetwork, needsOwnNetwork } from '../support/quiet-network.ts';
import type { RunningServer } from '../support/servers.ts';
import { needsSmallVolume, smallVolume } from '../support/small-volume.ts';
import { type MadeTorrent, makeTorrent } from '../support/torrent-maker.ts';
import {
  laidOut,
  startAria2,
  startOpentracker,
  startQbittorrentSeed,
  startTransmission,
} from '../support/torrent-peers.ts';

const MiB = 2 ** 20;
const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
  LONGHAUL_CHECKPOINT_BYTES: '1MB',
};
const seeders = {
  aria2c: startAria2,
  'transmission-daemon': startTransmission,
  'qbittorrent-nox': startQbittorrentSeed,
} as const;
type Seeder = keyof typeof seeders;
const allSeeders = ['aria2c', 'transmission-daemon', 'qbittorrent-nox'] as const;

const show = [
  { path: 'one.bin', content: patterned(37 * MiB + 1, 1) },
  { path: 'deep/two.bin', content: patterned(19 * MiB + 3, 2) },
];

interface Stage {
  readonly made: MadeTorrent;
  readonly torrentPath: string;
  readonly magnet: string;
  readonly place: Place;
}

/** A tracker, a seeder that it knows, and a place for Longhaul; gone at the end of the test. */
async function onStage(
  t: TestContext,
  program: Seeder,
  { isPrivate = false, rate = 0 }: { isPrivate?: boolean; rate?: number } = {},
): Promise<Stage> {
  const folder = await ownFolder(t);
  const wanted = { name: 'Show', files: show, isPrivate, pieceLength: MiB / 4 };
  const tracker = await startOpentracker(folder, makeTorrent(wanted).infoHash);
  t.after(() => tracker.stop());
  const { made, torrentPath } = laidOut(folder, { ...wanted, trackers: [tracker.address] });
  await seeding(t, seeders[program](folder, torrentPath, { rate }));
  await tracker.knowsSeeder(made.infoHash);
  const place = { ...(await ownPlaceFor(t)), env };
  const magnet = `magnet:?xt=urn:btih:${made.infoHash}&tr=${encodeURIComponent(tracker.address)}`;
  return { made, torrentPath, magnet, place };
}

for (const program of allSeeders) {
  for (const isPrivate of [false, true]) {
    const title = `${isPrivate ? 'a private' : 'an open'} torrent comes from ${program}, killed at half it goes on without being read again`;
    test(title, needs(program, 'opentracker'), async (t) => {
      const { torrentPath, place, made } = await onStage(t, program, { isPrivate, rate: 8 * MiB });
      const killed = longhaul(['get', torrentPath], place);
      await untilKnown(place, made.content.length / 2);
      killed.kill('SIGKILL');
      await killed.ended;
      const there = await untilKnown(place, 1);
      const resumed = longhaul(['resume-downloads'], place);
      const reads = readBy(resumed);
      const end = await resumed.ended;
      assert.equal(end.code, 0, end.stderr);
      await assertDelivered(place);
      // It reads what comes from the network, its own code and its database, and of the files next to nothing.
      const missing = made.content.length - there;
      t.diagnostic(`${mebibytes(there)} were there; ${mebibytes(reads() - missing)} read beside what was missing`);
      assert.ok(reads() > missing, 'what comes is counted');
      assert.ok(reads() - missing < there / 2, `${reads() - missing} of ${there} read again`);
    });
  }

  test(
    `a magnet link comes from ${program}, in order where that is wanted`,
    needs(program, 'opentracker'),
    async (t) => {
      const { magnet, place } = await onStage(t, program, { rate: 12 * MiB });
      const got = longhaul(['get', magnet, '--sequential', '--select', '1'], place);
      await untilKnown(place, 12 * MiB);
      const partial = readFileSync(join(place.cwd, 'Show', 'one.bin.part')).subarray(0, 4 * MiB);
      assert.ok(partial.equals(show[0]?.content.subarray(0, 4 * MiB) ?? Buffer.alloc(0)), 'the beginning came first');
      const end = await got.ended;
      assert.equal(end.code, 0, end.stderr);
      assert.equal(await sha256(join(place.cwd, 'Show', 'one.bin')), digestOf(show[0]?.content));
      assert.throws(() => statSync(join(place.cwd, 'Show', 'deep', 'two.bin')), 'what is not wanted is not there');
    },
  );
}

test(
  'a hybrid torrent of libtorrent comes as version 1 from libtorrent',
  needs('qbittorrent-nox', 'opentracker'),
  async (t) => {
    const folder = await ownFolder(t);
    const bytes = Buffer.from(hybrid.torrent, 'base64');
    const infoHash = 'cd0914603be80d8faac47e9e52862ab5e186a1a6';
    const files = { 'one.bin': patterned(3_000_001, 11), 'deep/two.bin': patterned(1_234_567, 12) };
    mkdirSync(join(folder, 'Hybrid', 'deep'), { recursive: true });
    for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, 'Hybrid', path), content);
    const torrentPath = join(folder, 'hybrid.torrent');
    const tracker = await startOpentracker(folder, infoHash);
    t.after(() => tracker.stop());
    const announce = `8:announce${tracker.address.length}:${tracker.address}`;
    writeFileSync(torrentPath, Buffer.concat([Buffer.from(`d${announce}`), bytes.subarray(1)]));
    await seeding(t, startQbittorrentSeed(folder, torrentPath));
    await tracker.knowsSeeder(infoHash);
    for (const link of [torrentPath, `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(tracker.address)}`]) {
      const place = { ...(await ownPlaceFor(t)), env };
      const end = await run(['get', link], place);
      assert.equal(end.code, 0, end.stderr);
      for (const [path, content] of Object.entries(files)) {
        assert.equal(await sha256(join(place.cwd, 'Hybrid', path)), digestOf(content));
      }
    }
  },
);

test('a .torrent over http, its info hash again, and a web seed of nginx alone', needs('nginx'), async (t) => {
  const nginx = await startNginx();
  t.after(() => nginx.stop());
  const wanted = { name: 'Show', files: show, pieceLength: MiB / 4, webSeeds: [`${nginx.url}/`] };
  const { made, torrentPath } = laidOut(nginx.root, wanted);
  copyFileSync(torrentPath, join(nginx.root, 'show.torrent'));
  const place = { ...(await ownPlaceFor(t)), env };
  const end = await run(['get', `${nginx.url}/show.torrent`], place);
  assert.equal(end.code, 0, end.stderr);
  await assertDelivered(place);
  // It is known from before what stands behind the hash.
  const again = await run(['get', made.infoHash, '-d', join(place.cwd, 'again'), '--if-exists', 'new'], place);
  assert.equal(again.code, 0, again.stderr);
  await assertDelivered({ ...place, cwd: join(place.cwd, 'again') });
  const sent = (await nginx.requests()).filter(({ status }) => status === 206);
  assert.ok(sent.reduce((sum, { bytesSent }) => sum + bytesSent, 0) >= 2 * made.content.length);
});

const filling = { ...needs('aria2c', 'opentracker'), ...needsSmallVolume() };

test('the disk is full in the middle: it waits, loses nothing, and goes on by itself', filling, async (t) => {
  using volume = smallVolume(80);
  const { torrentPath, place, made } = await onStage(t, 'aria2c', { rate: 8 * MiB });
  const patient = { ...place, env: { ...env, LONGHAUL_SPACE_CHECK_EVERY: '1s' } };
  const got = longhaul(['get', torrentPath, '-d', volume.path], patient);
  await untilKnown(patient, 12 * MiB);
  volume.fill();
  await placeTells(patient, async (store) => (await store.get(1))?.waitingFor === 'no_space' || undefined);
  const waiting = await shown(patient);
  assert.deepEqual([waiting.status, waiting.error?.class], ['retrying', 'no_space']);
  volume.empty();
  const end = await got.ended;
  assert.equal(end.code, 0, end.stderr);
  await assertDelivered({ ...place, cwd: volume.path });
  const [first, second] = (await shown(patient)).tries;
  assert.ok(Number(first?.toBytes) >= 12 * MiB && Number(first?.toBytes) < made.content.length);
  assert.equal(second?.fromBytes, first?.toBytes, 'nothing is fetched again');
});

const pausing = { ...needs('aria2c', 'opentracker'), ...needsOwnNetwork() };

test('paused for 30 s, nothing is on the wire, nor after a restart; resumed it comes whole', pausing, async (t) => {
  const found = JSON.parse(await inOwnNetwork(new URL('../support/paused-torrent.ts', import.meta.url)));
  t.diagnostic(`${found.whileRunning} packets before, ${found.inPause} in the pause, ${found.afterRestart} after it`);
  assert.ok(found.whileRunning > 100);
  assert.deepEqual([found.inPause, found.afterRestart], [0, 0]);
  assert.deepEqual([found.paused.status, found.still.status], ['paused', 'paused']);
  assert.ok(found.paused.bytes >= 16 * MiB && found.still.bytes === found.paused.bytes);
  assert.ok(found.right);
});

async function assertDelivered({ cwd }: Place): Promise<void> {
  for (const { path, content } of show) assert.equal(await sha256(join(cwd, 'Show', path)), digestOf(content));
}

/** Bytes that a program has read so far, of files and connections alike, as the kernel counts. */
function readBy({ child }: Program): () => number {
  let read = 0;
  const look = () => {
    try {
      read = Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1] ?? read);
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 10);
  child.on('exit', () => clearInterval(timer));
  return () => read;
}

interface Shown {
  readonly status: string;
  readonly error: { readonly class: string } | null;
  readonly tries: readonly { readonly fromBytes: number; readonly toBytes: number | null }[];
}

async function shown(place: Place): Promise<Shown> {
  const { code, stdout, stderr } = await run(['show', '1', '--json'], place);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function ownFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-peers-'));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

async function ownPlaceFor(t: TestContext): Promise<Place> {
  const place = await ownPlace();
  t.after(() => place[Symbol.asyncDispose]());
  return place;
}

async function seeding(t: TestContext, starting: Promise<RunningServer>): Promise<void> {
  const peer = await starting;
  t.after(() => peer.stop());
}

function digestOf(content: Uint8Array = Buffer.alloc(0)): string {
  return createHash('sha256').update(content).digest('hex');
}

function mebibytes(bytes: number): string {
  return `${(bytes / MiB).toFixed(1)} MiB`;
}
