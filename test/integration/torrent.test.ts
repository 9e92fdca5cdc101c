import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after as atEnd, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { patterned } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { makeTorrent } from '../support/torrent-maker.ts';
import { laidOut, startAria2 } from '../support/torrent-peers.ts';
import { TorrentSwarm } from '../support/torrent-swarm.ts';

const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
  LONGHAUL_CHECKPOINT_BYTES: '500kB',
};
const swarm = await TorrentSwarm.open();
const seeds = await mkdtemp(join(tmpdir(), 'longhaul-seeds-'));
atEnd(async () => {
  await swarm.close();
  await rm(seeds, { recursive: true, force: true });
});

test(
  'killed at half, a torrent from aria2 goes on where it was, and every byte is right',
  needs('aria2c'),
  async () => {
    await using at = await ownPlace();
    const place: Place = { ...at, env };
    const files = [
      { path: 'one.bin', content: patterned(7_000_001, 1) },
      { path: 'deep/two.bin', content: patterned(5_000_003, 2) },
    ];
    const { made, torrentPath } = laidOut(seeds, { name: 'Show', files });
    const peer = await startAria2(seeds, torrentPath, { rate: 4_000_000 });
    try {
      const link = `magnet:?xt=urn:btih:${made.infoHash}&x.pe=127.0.0.1:${peer.port}`;
      const killed = longhaul(['get', link], place);
      await untilKnown(place, 5_000_000);
      killed.kill('SIGKILL');
      await killed.ended;
      const end = await run(['resume-downloads'], place);
      assert.equal(end.code, 0, end.stderr);
      const tries = ask(place, 'SELECT from_bytes AS bytes FROM attempts ORDER BY token');
      assert.equal(tries.length, 2);
      assert.ok(Number(tries[1]?.bytes) >= 5_000_000, 'it went on from what was durable');
      for (const { path, content } of files) {
        const digest = createHash('sha256').update(content).digest('hex');
        assert.equal(await sha256(join(place.cwd, 'Show', path)), digest);
      }
      assert.deepEqual((await readdir(join(place.cwd, 'Show'))).toSorted(), ['deep', 'one.bin']);
      const again = await run(['get', link, '--if-exists', 'follow'], place);
      assert.equal(again.code, 0, again.stderr);
      assert.equal(ask(place, 'SELECT id FROM attempts').length, 2, 'what is delivered is not fetched again');
    } finally {
      await peer.stop();
    }
  },
);

test('paused, a torrent sends nothing, and stays paused over a restart', async () => {
  await using at = await ownPlace();
  const place: Place = { ...at, env };
  const content = patterned(4_000_000);
  const made = makeTorrent({ name: 'film.mkv', files: [{ path: 'film.mkv', content }], isSingle: true });
  swarm.add(made);
  swarm.stallAfter = 2_000_000;
  const got = longhaul(['get', swarm.magnet(made)], place);
  await untilKnown(place, 1_000_000);
  const paused = await run(['pause', '1'], place);
  assert.equal(paused.code, 0, paused.stderr);
  await got.ended;
  assert.equal(swarm.connections, 0);
  assert.equal(swarm.announced.at(-1), 'stopped');
  const announced = swarm.announced.length;
  await run(['resume-downloads'], place);
  assert.equal(ask(place, 'SELECT status FROM downloads')[0]?.status, 'paused');
  assert.deepEqual([swarm.connections, swarm.announced.length], [0, announced]);
  swarm.stallAfter = 0;
  const resumed = await run(['resume', '1'], place);
  assert.equal(resumed.code, 0, resumed.stderr);
  const end = await run(['resume-downloads'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.equal(await sha256(join(place.cwd, 'film.mkv')), createHash('sha256').update(content).digest('hex'));
});

/** Waits until so many bytes are recorded as durable. */
async function untilKnown(place: Place, wanted: number): Promise<void> {
  for (let known = 0; known < wanted; await after(20)) {
    known = Number(ask(place, 'SELECT sum(bytes_downloaded) AS bytes FROM downloads')[0]?.bytes ?? 0);
  }
}

function ask({ home }: Place, question: string): Record<string, unknown>[] {
  const path = join(home, 'db', 'longhaul.db');
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(question).all() as Record<string, unknown>[];
  } catch {
    return [];
  } finally {
    database.close();
  }
}
