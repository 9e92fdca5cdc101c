import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { realDisk } from '../../src/disk/real-disk.ts';
import { keptTorrents } from '../../src/sources/torrent/kept.ts';
import { patterned, untilBytes } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, run } from '../support/program.ts';
import { threadedTorrents } from '../support/torrent-bench.ts';
import { bencode, makeTorrent } from '../support/torrent-maker.ts';
import { laidOut, startAria2, startOpentracker, startTransmission } from '../support/torrent-peers.ts';
import { TorrentSwarm } from '../support/torrent-swarm.ts';

const MiB = 2 ** 20;
const never = new AbortController().signal;
const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
};

const seeders = { aria2c: startAria2, 'transmission-daemon': startTransmission } as const;

for (const program of ['aria2c', 'transmission-daemon'] as const) {
  for (const isPrivate of [false, true]) {
    const title = `${isPrivate ? 'a private' : 'an open'} torrent comes whole from ${program}, found by opentracker, killed once in the middle`;
    test(title, needs(program, 'opentracker'), async (t) => {
      await using at = await ownPlace();
      const { folder } = await folders(t);
      const files = [
        { path: 'one.bin', content: patterned(17 * MiB + 1, 1) },
        { path: 'deep/two.bin', content: patterned(9 * MiB + 3, 2) },
      ];
      const wanted = { name: 'Show', files, isPrivate };
      const tracker = await startOpentracker(folder, makeTorrent(wanted).infoHash);
      t.after(() => tracker.stop());
      const { made, torrentPath } = laidOut(folder, { ...wanted, trackers: [tracker.address] });
      const peer = await seeders[program](folder, torrentPath, { rate: 6 * MiB });
      t.after(() => peer.stop());
      await tracker.knowsSeeder(made.infoHash);
      const killed = longhaul(['get', torrentPath], { ...at, env: { ...env, LONGHAUL_CHECKPOINT_BYTES: '1MB' } });
      await untilKnown(at, 8 * MiB);
      killed.kill('SIGKILL');
      await killed.ended;
      const end = await run(['resume-downloads'], { ...at, env });
      assert.equal(end.code, 0, end.stderr);
      for (const { path, content } of files) {
        assert.equal(await sha256(join(at.cwd, 'Show', path)), createHash('sha256').update(content).digest('hex'));
      }
    });
  }
}

test('100 half complete torrents of 1 GiB are ready within 3 s, and the main thread stays free', async (t) => {
  const bench = await folders(t);
  const source = threadedTorrents(bench.state);
  t.after(() => source.close());
  const swarm = await TorrentSwarm.open();
  t.after(() => swarm.close());
  const size = 1024 * MiB;
  const zeros = createHash('sha1').update(Buffer.alloc(MiB)).digest();
  const pieces = Buffer.concat(Array.from({ length: 1024 }, () => zeros));
  const made: { hash: string; path: string }[] = [];
  for (let n = 0; n < 100; n += 1) {
    const info = bencode({ name: `${n}.bin`, 'piece length': MiB, pieces, length: size });
    const hash = createHash('sha1').update(info).digest('hex');
    const announce = `8:announce${swarm.tracker.length}:${swarm.tracker}`;
    const torrent = Buffer.concat([Buffer.from(`d${announce}4:info`), info, Buffer.from('e')]);
    await keptTorrents(realDisk, bench.state).keep(hash, torrent);
    const path = join(bench.folder, `${n}.part`);
    const file = await open(path, 'w');
    await file.truncate(size);
    await file.close();
    made.push({ hash, path });
  }
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const durable = [[0, size / 2]] as const;
  const transfers = await Promise.all(
    made.map(async ({ hash, path }) => {
      const resume = { token: { infoHash: hash }, durable };
      const request = { link: `magnet:?xt=urn:btih:${hash}`, options: {}, directory: bench.folder, resume };
      const manifest = await source.resolve(request, never);
      const transfer = source.fetch({ manifest, targets: [{ position: 0, path, size, durable }], options: {} });
      await transfer.flush();
      return transfer;
    }),
  );
  // Each asks the tracker as soon as it is ready.
  await swarm.hears(100);
  const took = performance.now() - began;
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  t.diagnostic(`ready after ${Math.round(took)} ms, the main loop's p99 ${p99.toFixed(1)} ms`);
  await Promise.all(transfers.map((transfer) => transfer.close()));
  assert.ok(took <= 3000, `${took} ms`);
  assert.ok(p99 < 20, `${p99} ms`);
});

test('20 MiB a second hold within 10 %, and the main thread stays free', needs('aria2c'), async (t) => {
  const bench = await folders(t);
  const source = threadedTorrents(bench.state);
  t.after(() => source.close());
  const size = 260 * MiB;
  const files = [{ path: 'file.bin', content: patterned(size) }];
  const { made, torrentPath } = laidOut(bench.folder, { name: 'file.bin', files, isSingle: true, pieceLength: MiB });
  const peer = await startAria2(bench.folder, torrentPath);
  t.after(() => peer.stop());
  const link = `magnet:?xt=urn:btih:${made.infoHash}&x.pe=127.0.0.1:${peer.port}`;
  const manifest = await source.resolve({ link, options: {}, directory: bench.folder }, never);
  const path = join(bench.folder, 'file.part');
  await realDisk.create(path).close();
  const transfer = source.fetch({ manifest, targets: [{ position: 0, path, size, durable: [] }], options: {} });
  transfer.tune({ rate: 20 * MiB });
  await untilBytes(transfer, 20 * MiB);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const [from, began] = [transfer.progress().bytes, performance.now()];
  await after(10_000);
  const rate = ((transfer.progress().bytes - from) * 1000) / (performance.now() - began);
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  t.diagnostic(`${(rate / MiB).toFixed(2)} MiB/s, the main loop's p99 ${p99.toFixed(1)} ms`);
  await transfer.close();
  assert.ok(Math.abs(rate - 20 * MiB) <= 2 * MiB, `${rate / MiB} MiB/s`);
  assert.ok(p99 < 20, `${p99} ms`);
});

async function folders(t: TestContext): Promise<{ folder: string; state: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-torrents-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { folder, state: join(folder, 'state') };
}
