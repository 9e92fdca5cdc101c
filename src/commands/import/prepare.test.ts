import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { isWebLink, linkKey } from '../../sources/http/link.ts';
import type { Source } from '../../sources/source.ts';
import { type Places, type Prepared, prepareRow } from './prepare.ts';
import { emptyRow, type ReadRow } from './read-row.ts';

const http = { name: 'http', keyOf: linkKey } as Source;
const parts = {
  disk: realDisk,
  async sourceFor(link: string) {
    if (isWebLink(link)) return http;
    throw new Failure('link', 'not known');
  },
};
const now = 1_700_000_000_000;

async function prepared(row: Partial<ReadRow>, folder = '/nowhere/at/all'): Promise<Prepared | undefined> {
  const places: Places = { directory: '/default', folder, folders: new Map() };
  return prepareRow(parts, { ...emptyRow(1, 'download_tracker', 'k'), ...row }, places, now);
}

test('a delivered file is looked for where it may be, and said to stand, to differ, or to be gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-import-'));
  try {
    await writeFile(join(folder, 'a.mp4'), '12345');
    await symlink(folder, join(folder, 'link'));
    const look = async (path: string, size: number | null) => {
      const found = await prepared({ status: 'completed', link: 'https://host/a', path, size }, folder);
      return [found?.file, found?.download.downloadPath, found?.download.fileSize];
    };
    const there = join(folder, 'a.mp4');
    assert.deepEqual(await look('./temp/a.mp4', 5), ['stands', there, 5]);
    assert.deepEqual(await look('./temp/a.mp4', null), ['stands', there, 5]);
    assert.deepEqual(await look(there, 7), ['differs', there, 7]);
    assert.deepEqual(await look('temp\\a.mp4', 5), ['stands', there, 5]);
    assert.deepEqual(await look(join(folder, 'link', 'a.mp4'), 5), ['stands', join(folder, 'link', 'a.mp4'), 5]);
    assert.deepEqual(await look('b.mp4', 5), ['gone', join(folder, 'b.mp4'), 5]);
    assert.deepEqual(await look(join(there, 'below'), 5), ['gone', join(there, 'below'), 5]);
    assert.deepEqual(await look('C:\\temp\\a.mp4', 5), ['gone', 'C:\\temp\\a.mp4', 5]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('unfinished links of a kind without a source are paused, and known by what they name', async () => {
  const links = {
    'https://host/a#x': ['pending', 'http', 'https://host/a'],
    'https://mega.nz/file/aaaaaaaa#k': ['paused', 'mega', 'mega:file/aaaaaaaa'],
    'magnet:?xt=urn:btih:C12FE1C06BBA254A9DC9F519B335AA7C1367A88A': [
      'paused',
      'torrent',
      'magnet:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a',
    ],
    '/tmp/a.torrent': ['paused', 'torrent', 'torrent-file:/tmp/a.torrent'],
  };
  for (const [link, wanted] of Object.entries(links)) {
    const { download } = (await prepared({ status: 'pending', link })) ?? {};
    assert.deepEqual([download?.status, download?.source, download?.linkKey], wanted);
  }
  assert.equal((await prepared({ status: 'pending', link: 'gopher://x' }))?.notYet, 'unknown');
  assert.equal(await prepared({ status: 'pending', link: 'https://host/\ufffd' }), undefined);
  assert.equal((await prepared({ status: 'completed', path: '/a/b c' }))?.download.link, 'file:///a/b%20c');
});

test('whatever a row says becomes a download that can be stored, with the same uid each time', async () => {
  const text = fc.option(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('/a', 'a/../..', '\0', 'magnet:?', '')));
  const time = fc.option(fc.nat());
  const row = fc.record({
    key: fc.string(),
    link: text,
    path: text,
    directory: text,
    name: text,
    error: text,
    size: time,
    createdAt: time,
    completedAt: time,
    status: fc.constantFrom('pending', 'paused', 'completed', 'failed', 'cancelled', 'cleaned'),
    metadata: fc.dictionary(fc.string(), fc.jsonValue()),
    origin: fc.constantFrom('downloads.json', 'stalkeer'),
  });
  await fc.assert(
    fc.asyncProperty(row, async (given) => {
      const found = await prepared(given as Partial<ReadRow>);
      if (!found) return;
      const { download } = found;
      assert.match(download.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.ok(isAbsolute(download.directory) && !download.directory.includes('\0'));
      assert.ok(download.link !== '' && download.linkKey !== '');
      assert.equal(typeof JSON.stringify(download), 'string');
      assert.equal((await prepared(given as Partial<ReadRow>))?.download.uid, download.uid);
    }),
    { numRuns: 300 },
  );
});

test('facts that are nested without end, and links with a login among them, are kept as far as they may be', async () => {
  let deep: unknown = 'x';
  for (let n = 0; n < 50_000; n += 1) deep = [deep];
  const found = await prepared({ link: 'https://host/a', metadata: { deep, from_link: 'http://u:p@host/' } });
  const text = JSON.stringify(found?.download.metadata);
  assert.ok(text.length < 500);
  assert.doesNotMatch(text, /u:p@/);
});
