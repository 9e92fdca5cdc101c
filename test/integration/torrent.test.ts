import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after as atEnd, test } from 'node:test';
import { patterned } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { makeTorrent } from '../support/torrent-maker.ts';
import { TorrentSwarm } from '../support/torrent-swarm.ts';

const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
  LONGHAUL_CHECKPOINT_BYTES: '500kB',
};
const swarm = await TorrentSwarm.open();
atEnd(() => swarm.close());

/** Peers that are other programs, and kills in the middle: in `test/long`. */
test('paused, a torrent sends nothing, and stays paused over a restart, whatever its tracker says', async () => {
  await using at = await ownPlace();
  const place: Place = { ...at, env };
  const content = patterned(4_000_000);
  const made = makeTorrent({ name: 'film.mkv', files: [{ path: 'film.mkv', content }], isSingle: true });
  swarm.add(made);
  swarm.stallAfter = 2_000_000;
  swarm.nonsense = true;
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
