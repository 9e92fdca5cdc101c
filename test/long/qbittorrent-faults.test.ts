import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDelivered, aTorrent, made, server, stage, swarm, wanted } from '../support/qbittorrent-stage.ts';

test('a magnet link is asked for its contents first, and is not left there', wanted, async () => {
  const torrent = aTorrent();
  const on = await stage(torrent, { link: swarm.magnet(torrent) });
  const { transfer } = await on.fetch(['3']);
  assert.deepEqual(
    (await transfer.done).files.map(({ position, size }) => [position, size]),
    [[2, 300_000]],
  );
  await transfer.close();
  await assertDelivered(on, torrent, [[2, 660_360, 300_000]]);
});

test('bytes that changed on the disk are found before anything is delivered, and fetched again', wanted, async () => {
  const torrent = aTorrent();
  swarm.stallAfter = 800_000;
  const on = await stage(torrent);
  const begun = await on.fetch();
  await begun.until(600_000);
  const [{ ranges: [[from] = [0]] = [] } = {}] = await begun.transfer.flush();
  await begun.transfer.close();
  const folder = join(on.folder, `.longhaul-${on.uid}`);
  const file = join(folder, `film ${made}`, 'a', 'film.mkv');
  const bytes = await readFile(file);
  bytes.fill(7, from + 100, from + 110);
  await writeFile(file, bytes);
  swarm.stallAfter = 0;
  const again = await on.fetch();
  await again.says(/not those of the torrent/);
  // The seeder comes only when it is asked for, and may have come while pieces were checked.
  const asking = setInterval(() => void server.call('torrents/reannounce', { hashes: torrent.infoHash }), 300);
  await again.transfer.done.finally(() => clearInterval(asking));
  assert.ok(
    again.notes.some((note) => /not those of the torrent/.test(note)),
    again.notes.join(),
  );
  await again.transfer.close();
  await assertDelivered(on, torrent, [[0, 0, 655_360]]);
});
