import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { type QbittorrentServer, startQbittorrent } from '../support/qbittorrent-server.ts';
import { type MadeTorrent, makeTorrent } from '../support/torrent-maker.ts';
import { laidOut, startAria2, startOpentracker } from '../support/torrent-peers.ts';

const megabyte = 1 << 20;

/** A tracker and a seeder that are other people's programs. */
interface Swarm extends AsyncDisposable {
  readonly torrent: MadeTorrent;
  readonly magnet: string;
}

async function startSwarm(isPrivate: boolean, rate: number): Promise<Swarm> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-swarm-'));
  const files = [
    { path: 'a/film.mkv', content: randomBytes(48 * megabyte) },
    { path: 'notes.nfo', content: randomBytes(70_000) },
    { path: 'b.mkv', content: randomBytes(16 * megabyte) },
  ];
  const wanted = { name: 'film', files, isPrivate, pieceLength: 1 << 18 };
  const tracker = await startOpentracker(folder, makeTorrent(wanted).infoHash);
  const { made, torrentPath } = laidOut(folder, { ...wanted, trackers: [tracker.address] });
  const seeder = await startAria2(folder, torrentPath, { rate });
  // Whoever asks before is told of nobody, and asks again after half an hour.
  await tracker.knowsSeeder(made.infoHash);
  return {
    torrent: made,
    magnet: `magnet:?xt=urn:btih:${made.infoHash}&tr=${encodeURIComponent(tracker.address)}`,
    async [Symbol.asyncDispose]() {
      await seeder.stop();
      await tracker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function configured(place: Place, server: QbittorrentServer): Promise<void> {
  await mkdir(place.home, { recursive: true });
  const { url, password } = server;
  const config = { torrent: { engine: 'qbittorrent' }, qbittorrent: { url, password } };
  await writeFile(join(place.home, 'config.yaml'), JSON.stringify(config));
}

const isResting = (states: readonly string[]) => /^(?:paused|stopped)DL$/.test(states.join());
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const programs = needs('qbittorrent-nox', 'opentracker', 'aria2c');

for (const [kind, isPrivate] of [
  ['private .torrent', true],
  ['magnet link', false],
] as const) {
  test(`a ${kind} survives the end of either program in the middle, paused it stays paused`, programs, async () => {
    await using server = await startQbittorrent();
    await using swarm = await startSwarm(isPrivate, 4 * megabyte);
    await using place = await ownPlace();
    await configured(place, server);
    const file = join(place.cwd, 'film.torrent');
    await writeFile(file, swarm.torrent.bytes);
    const link = isPrivate ? file : swarm.magnet;

    const killed = longhaul(['get', link, '--select', '1,3'], place);
    await untilKnown(place, 12 * megabyte);
    killed.kill('SIGKILL');
    await killed.ended;
    const again = longhaul(['resume-downloads'], place);
    await untilKnown(place, 24 * megabyte);
    assert.equal((await run(['pause', '1'], place)).code, 0);
    await again.ended;
    await server.until(isResting);
    await server.stop();
    await server.start();
    const resting = await untilKnown(place, 1);
    await server.until(isResting);
    assert.equal((await run(['resume-downloads'], place)).code, 0, 'there is nothing to resume');
    assert.equal(await untilKnown(place, 1), resting);

    await run(['resume', '1'], place);
    const last = longhaul(['resume-downloads'], place);
    await untilKnown(place, 36 * megabyte);
    await server.stop();
    await server.start();
    assert.equal((await last.ended).code, 0);
    const { content } = swarm.torrent;
    const [first, second] = [48 * megabyte, 48 * megabyte + 70_000];
    const delivered = (path: string) => readFile(join(place.cwd, 'film', path));
    assert.equal(sha256(await delivered('a/film.mkv')), sha256(content.subarray(0, first)));
    assert.equal(sha256(await delivered('b.mkv')), sha256(content.subarray(second)));
    assert.deepEqual(await server.states(), []);
  });
}
