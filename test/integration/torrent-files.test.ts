import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { previewSchema, shownSchema } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { ownPlace, run } from '../support/program.ts';
import { makeTorrent } from '../support/torrents.ts';

const { torrent, infoHash } = makeTorrent('film', [
  { path: 'film.mkv', content: Buffer.alloc(40_000, 1) },
  { path: 'film.nfo', content: Buffer.alloc(100, 2) },
  { path: 'extra.mkv', content: Buffer.alloc(300, 3) },
]);

test('a .torrent is taken in with its choice of files, which lives on without it; its link and hash are the same download', async () => {
  await using place = await ownPlace();
  const file = join(place.cwd, 'film.torrent');
  await writeFile(file, torrent);
  const asked = await run(['get', '--dry-run', '--json', file, '--select', '!*.nfo'], place);
  const preview = previewSchema.parse(JSON.parse(asked.stdout));
  assert.partialDeepStrictEqual(preview, { name: 'film', totalBytes: 40_300, source: 'torrent' });
  assert.deepEqual(
    preview.files.map(({ selected }) => selected),
    [true, false, true],
  );

  const server = await startFaultServer({ body: torrent });
  try {
    const links = [file, `${server.url}/film.torrent`, `magnet:?xt=urn:btih:${infoHash.toUpperCase()}`, infoHash];
    const added = await ask(['add', '--json', '--select', '1,2', ...links, 'missing.torrent'], place);
    assert.equal(added.code, 2, 'one of them is not there');
    assert.match(added.stderr, /missing\.torrent/);
    const ids = added.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    assert.deepEqual(ids, [1, 1, 1, 1]);
  } finally {
    await server.close();
  }
  await rm(file);
  assert.equal((await run(['set', '1', '--select', '*.mkv', '--file-priority', '3=high'], place)).code, 0);
  assert.match((await ask(['set', '1', '--select', '4-'], place)).stderr, /none of its 3 files is chosen by 4-/);
  const shownRow = JSON.parse((await ask(['show', '1', '--json'], place)).stdout);
  const { name, totalBytes, files } = shownSchema.parse(shownRow);
  assert.deepEqual([name, totalBytes, files?.map(({ selected }) => selected)], ['film', 40_300, [true, false, true]]);
  const shown = (await ask(['show', '1'], place)).stdout;
  assert.match(shown, /2\. film\/film\.nfo {2}100 B {2}not selected/);
  assert.match(shown, /3\. film\/extra\.mkv {2}300 B {2}waits {2}first/);
});
