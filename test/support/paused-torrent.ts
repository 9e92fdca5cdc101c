import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { patterned } from './http-bench.ts';
import { sha256 } from './killed-download.ts';
import { placeTells, untilKnown } from './place-store.ts';
import { longhaul, ownPlace, run } from './program.ts';
import { packets } from './quiet-network.ts';
import { makeTorrent } from './torrent-maker.ts';
import { laidOut, startAria2, startOpentracker } from './torrent-peers.ts';

/**
 * Run in a network of its own (`quiet-network.ts`): a torrent is paused at half beside a server that goes on running,
 * for 30 s, and again over a restart; then it is resumed. Writes as JSON what was counted.
 */

const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'longhaul-paused-'));
const own = await ownPlace();
const place = {
  ...own,
  env: {
    LONGHAUL_TORRENT_DHT: 'true',
    LONGHAUL_TORRENT_LSD: 'false',
    LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
    LONGHAUL_CHECKPOINT_BYTES: '1MB',
  },
};
const content = patterned(32 * MiB);
const wanted = { name: 'film.mkv', files: [{ path: 'film.mkv', content }], isSingle: true, pieceLength: MiB / 4 };
const tracker = await startOpentracker(folder, makeTorrent(wanted).infoHash);
const { made, torrentPath } = laidOut(folder, { ...wanted, trackers: [tracker.address] });
const peer = await startAria2(folder, torrentPath, { rate: 4 * MiB });
await tracker.knowsSeeder(made.infoHash);

async function shown(): Promise<{ status: string; bytes: number }> {
  const { stdout } = await run(['show', '1', '--json'], place);
  return JSON.parse(stdout);
}

async function counted(ms: number): Promise<number> {
  // What was under way when it was paused is answered; then whoever sends, it is not the seeder.
  await after(2000);
  peer.hold(true);
  const before = packets();
  await after(ms);
  const sent = packets() - before;
  peer.hold(false);
  return sent;
}

const first = longhaul(['serve'], place);
await first.says(/./);
await run(['add', torrentPath, '-d', own.cwd], place);
await untilKnown(place, 16 * MiB);
const whileRunning = packets();
await run(['pause', '1'], place);
const inPause = await counted(30_000);
const paused = await shown();
first.kill('SIGTERM');
await first.ended;
const second = longhaul(['serve'], place);
await second.says(/./);
const afterRestart = await counted(10_000);
const still = await shown();
await run(['resume', '1'], place);
await placeTells(place, async (store) => (await store.get(1))?.status === 'completed' || undefined);
second.kill('SIGTERM');
await second.ended;
const right = (await sha256(join(own.cwd, 'film.mkv'))) === (await sha256(join(folder, 'film.mkv')));
await peer.stop();
await tracker.stop();
await rm(folder, { recursive: true });
await own[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ whileRunning, inPause, paused, afterRestart, still, right }));
