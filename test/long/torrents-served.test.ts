import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { patterned } from '../support/http-bench.ts';
import { tellingLoopDelay } from '../support/loop-delay.ts';
import { needs } from '../support/needs.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { askedUntil } from '../support/tells.ts';
import { bencode } from '../support/torrent-maker.ts';
import { laidOut, startAria2 } from '../support/torrent-peers.ts';
import { TorrentSwarm } from '../support/torrent-swarm.ts';

const MiB = 2 ** 20;
const count = 100;
const size = 1024 * MiB;
const limit = 20 * MiB;

test(
  'serve has 100 half complete torrents of 1 GiB ready within 3 s, holds a limit, and its main thread stays free',
  needs('aria2c'),
  async (t) => {
    await using at = await ownPlace();
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-served-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const swarm = await TorrentSwarm.open();
    t.after(() => swarm.close());
    const delayPath = join(folder, 'delay');
    const place: Place = { ...at, env: { ...env, ...tellingLoopDelay(delayPath) } };
    const quiet: Place = { ...at, env };
    await halfComplete(quiet, folder, swarm.tracker);

    const files = [{ path: 'file.bin', content: patterned(300 * MiB) }];
    const wanted = { name: 'file.bin', files, isSingle: true, pieceLength: MiB };
    const { made, torrentPath } = laidOut(folder, wanted);
    const peer = await startAria2(folder, torrentPath);
    t.after(() => peer.stop());
    const magnet = `magnet:?xt=urn:btih:${made.infoHash}&x.pe=127.0.0.1:${peer.port}`;

    const began = performance.now();
    const served = longhaul(['serve'], place);
    t.after(() => void served.kill('SIGKILL'));
    const died = served.ended.then(({ stderr }) => assert.fail(stderr));
    await Promise.race([swarm.hears(count), died]);
    const ready = performance.now() - began;

    const added = await run(['add', '-d', at.cwd, '--limit-rate', String(limit), magnet], quiet);
    assert.equal(added.code, 0, added.stderr);
    const partial = join(at.cwd, 'file.bin.part');
    await askedUntil(async () => (await writtenTo(partial)) >= 20 * MiB || undefined);
    const [from, since] = [await writtenTo(partial), performance.now()];
    await after(8000);
    const rate = (((await writtenTo(partial)) - from) * 1000) / (performance.now() - since);
    served.kill('SIGTERM');
    await served.ended;
    const p99 = Number(await readFile(delayPath, 'utf8'));
    t.diagnostic(
      `ready after ${Math.round(ready)} ms, ${(rate / MiB).toFixed(2)} MiB/s, the main loop's p99 ${p99.toFixed(1)} ms`,
    );
    assert.ok(ready <= 3000, `${ready} ms`);
    assert.ok(Math.abs(rate - limit) <= limit / 10, `${rate / MiB} MiB/s`);
    assert.ok(p99 < 20, `${p99} ms`);
  },
);

const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
  LONGHAUL_QUEUE_SLOTS: String(count + 10),
};

/** As runs leave them that were stopped in the middle: rows, kept .torrents, and sparse partials. */
async function halfComplete(place: Place, folder: string, tracker: string): Promise<void> {
  const hashes = Buffer.concat(Array.from({ length: size / MiB }, () => zeros));
  const paths: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const info = bencode({ name: `${n}.bin`, 'piece length': MiB, pieces: hashes, length: size });
    const head = `d8:announce${tracker.length}:${tracker}4:info`;
    const path = join(folder, `${n}.torrent`);
    await writeFile(path, Buffer.concat([Buffer.from(head), info, Buffer.from('e')]));
    paths.push(path);
  }
  const added = await run(['add', '-d', place.cwd, ...paths], place);
  assert.equal(added.code, 0, added.stderr);
  const database = new DatabaseSync(join(place.home, 'db', 'longhaul.db'));
  const rows = database.prepare('SELECT id, link_key, name FROM downloads ORDER BY id').all();
  assert.equal(rows.length, count);
  for (const { id, link_key, name } of rows) {
    const path = join(place.cwd, `${name}.part`);
    const file = await open(path, 'wx');
    await file.truncate(size);
    await file.close();
    const token = JSON.stringify({ infoHash: String(link_key).split(':').at(-1) });
    const half = [JSON.stringify([[0, size / 2]]), size / 2] as const;
    database
      .prepare('UPDATE downloads SET resume_token = ?, bytes_downloaded = ? WHERE id = ?')
      .run(token, half[1], id ?? 0);
    database
      .prepare('UPDATE files SET partial_path = ?, durable = ?, durable_bytes = ? WHERE download_id = ?')
      .run(path, ...half, id ?? 0);
  }
  database.close();
}

const zeros = createHash('sha1').update(Buffer.alloc(MiB)).digest();

/** Bytes of a partial that come in the order in which pieces do: what the disk holds of it. */
async function writtenTo(path: string): Promise<number> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return 0;
  try {
    return (await file.stat()).blocks * 512;
  } finally {
    await file.close();
  }
}
