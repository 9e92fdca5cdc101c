import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { bencode, makeTorrent, type Plain } from '../../../test/support/torrents.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { safePath } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';
import { type Bencoded, NotBencoded, readBencoded } from './bencode.ts';
import { keptTorrents } from './kept.ts';
import { isTorrentLink, magnetOf, parseMagnet, torrentKey } from './magnet.ts';
import { readTorrent } from './metainfo.ts';

const hash = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const files = [
  { path: 'a/one.mkv', content: Buffer.alloc(40_000, 1) },
  { path: 'two.nfo', content: Buffer.alloc(100, 2) },
];

const linkFailure = (thrown: unknown) => thrown instanceof Failure && thrown.class === 'link';

test('a torrent is read: its hash, files, trackers, web seeds, and whether it is private', () => {
  const { torrent, infoHash } = makeTorrent('film', files, {
    more: { private: 1 },
    around: {
      announce: 'http://tracker.example/announce?key=1',
      'announce-list': [['udp://a.example:80', 'ftp://no.example'], [], ['http://b.example/announce']],
      'url-list': ['https://seed.example/', 'javascript:1', 'file:///etc/passwd'],
    },
  });
  const read = readTorrent(torrent);
  assert.equal(read.infoHash, infoHash);
  assert.deepEqual(
    read.files.map(({ path, size, offset, index }) => [path, size, offset, index]),
    [
      ['film/a/one.mkv', 40_000, 0, 0],
      ['film/two.nfo', 100, 40_000, 1],
    ],
  );
  assert.ok(read.isPrivate && !read.isSingle);
  assert.deepEqual(read.trackers, [['udp://a.example:80'], ['http://b.example/announce']]);
  assert.deepEqual(read.webSeeds, ['https://seed.example/']);
  assert.deepEqual([read.length, read.pieces.length / 20], [40_100, 3]);
});

test('files that only fill up a piece are hidden, and the others keep their places', () => {
  const { torrent } = makeTorrent('x', [
    { path: 'a', content: Buffer.alloc(10) },
    { path: '.pad/16374', content: Buffer.alloc(16_374) },
    { path: 'b', content: Buffer.alloc(5) },
  ]);
  const read = readTorrent(torrent);
  assert.deepEqual(
    read.files.map(({ path, offset, index }) => [path, offset, index]),
    [
      ['x/a', 0, 0],
      ['x/b', 16_384, 2],
    ],
  );
});

test('names with ways out of their folder stay one name each, and inside', () => {
  const evil = ['..', '../../etc/passwd', 'C:\\x', '\u202etxt.exe'].map((path) => ({ length: 1, path: ['..', path] }));
  const info = { name: '../../up', 'piece length': 16_384, pieces: Buffer.alloc(20), files: evil };
  for (const { path } of readTorrent(bencode({ info })).files) {
    assert.ok(path.startsWith('.._.._up/'), path);
    assert.ok(!safePath(path).some((part) => part === '..' || /[/\\]/.test(part)));
  }
});

test('a hybrid torrent is read as version 1; one of version 2 alone names the engine that can', () => {
  const { torrent, infoHash } = makeTorrent('h', Buffer.alloc(9), { more: { 'meta version': 2, 'file tree': {} } });
  assert.equal(readTorrent(torrent).infoHash, infoHash);
  const only = bencode({ info: { name: 'h', 'meta version': 2, 'piece length': 16_384, 'file tree': {} } });
  assert.throws(() => readTorrent(only), /version 2 alone.*qBittorrent/);
  assert.throws(() => parseMagnet(`magnet:?xt=urn:btmh:1220${'a'.repeat(64)}`), /version 2 alone.*qBittorrent/);
});

test('100,000 files are read, and more are refused', () => {
  const many = (count: number) => {
    const files = Array.from({ length: count }, (_, n) => `d6:lengthi${n === 0 ? 1 : 0}e4:pathl6:${100_000 + n}ee`);
    return Buffer.from(
      `d4:infod5:filesl${files.join('')}e4:name4:many12:piece lengthi16384e6:pieces20:${'x'.repeat(20)}ee`,
    );
  };
  assert.equal(readTorrent(many(100_000)).files.length, 100_000);
  assert.throws(() => readTorrent(many(100_001)), linkFailure);
});

test('what is malformed is refused in one sentence', () => {
  const info = { name: 'x', 'piece length': 16_384, pieces: Buffer.alloc(20), length: 5 };
  const wrong: Plain[] = [
    {},
    { info: 5 },
    { info: { ...info, 'piece length': 0 } },
    { info: { ...info, pieces: Buffer.alloc(21) } },
    { info: { ...info, pieces: Buffer.alloc(40) } },
    { info: { ...info, length: -1 } },
    { info: { ...info, length: 0, pieces: '' } },
    { info: { ...info, length: 2 ** 53 - 1 } },
    { info: { ...info, files: [] } },
    { info: { ...info, files: [{ length: 5 }] } },
    { info: { ...info, files: [{ length: 5, path: [] }] } },
  ];
  for (const one of wrong) assert.throws(() => readTorrent(bencode(one)), linkFailure, JSON.stringify(one));
  const { torrent } = makeTorrent('film', files);
  for (const bytes of [Buffer.alloc(0), torrent.subarray(0, -1), Buffer.concat([torrent, torrent])]) {
    assert.throws(() => readTorrent(bytes), linkFailure);
  }
  assert.ok(readTorrent(Buffer.concat([torrent, Buffer.from('\r\n')])));
  assert.throws(() => readTorrent(Buffer.alloc((10 << 20) + 1)), /10 MiB/);
  for (const text of ['i-0e', 'i01e', 'ie', 'd1:ai1e1:ai2ee', '9999999999999999999:x', 'i9999999999999999e', 'x']) {
    assert.throws(() => readBencoded(Buffer.from(`d1:k${text}e`)), NotBencoded, text);
  }
  assert.throws(() => readBencoded(Buffer.from(`d1:k${'l'.repeat(100_000)}`)), NotBencoded);
});

test('whatever is bencoded reads back the same, and damage never ends in anything but a refusal', () => {
  const plain = fc.letrec<{ value: Plain }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.maxSafeInteger(),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(fc.string({ unit: 'binary-ascii' }), tie('value'), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(plain, (value) => {
      assert.deepEqual(unread(readBencoded(bencode({ value })).root.get('value') ?? 0), unread(value));
    }),
    { numRuns: 200 },
  );
  const { torrent } = makeTorrent('film', files);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(torrent.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(),
      (damage, cut) => {
        const bytes = Buffer.from(torrent.subarray(0, cut % 3 === 0 ? cut % torrent.length : undefined));
        for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte;
        try {
          const read = readTorrent(bytes);
          assert.ok(read.files.every(({ size, offset }) => size >= 0 && offset + size <= read.length));
          assert.equal(torrentKey(magnetOf(read)), `magnet:btih:${read.infoHash}`);
        } catch (error) {
          if (!linkFailure(error)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

/** The same shape for what goes in and what comes out. */
function unread(value: Plain | Bencoded): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (value instanceof Map) return [...value].map(([key, each]) => [key, unread(each)]);
  if (Array.isArray(value)) return (value as readonly Plain[]).map(unread);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value as Readonly<Record<string, Plain>>);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, unread(each)]);
}

test('a magnet link is taken apart, and a bare info hash is one', () => {
  const link = `magnet:?xt=urn:btih:${hash}&dn=A+film&tr=udp%3A%2F%2Ft.example%3A80&tr=javascript:1&ws=https://s.example/f&x.pe=10.0.0.1:6881&x.pe=nonsense`;
  assert.deepEqual(parseMagnet(link), {
    infoHash: hash,
    name: 'A film',
    trackers: ['udp://t.example:80'],
    webSeeds: ['https://s.example/f'],
    peers: ['10.0.0.1:6881'],
  });
  for (const bare of [hash, ` ${hash.toUpperCase()}\n`, 'YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK']) {
    assert.ok(isTorrentLink(bare));
    assert.equal(torrentKey(bare), `magnet:btih:${hash}`);
    assert.equal(parseMagnet(bare).infoHash, hash);
  }
  assert.ok(isTorrentLink('magnet:?dn=x'));
  assert.throws(() => torrentKey('magnet:?dn=x'), linkFailure);
  assert.ok(!isTorrentLink('https://host/film.torrent') && !isTorrentLink(hash.slice(1)));
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { infoHash } = parseMagnet(`magnet:?${text}`);
        assert.match(infoHash, /^[0-9a-f]{40}$/);
      } catch (error) {
        if (!linkFailure(error)) throw error;
      }
    }),
  );
});

test('the link of a torrent says no address of a private one, and none with a key in it', () => {
  const around = { announce: 'http://t.example/0123456789abcdef0123456789/announce' };
  const open = { 'announce-list': [['udp://t.example:80/announce'], ['http://t.example/a?passkey=1']] };
  const linkOf = (details: Parameters<typeof makeTorrent>[2]) =>
    magnetOf(readTorrent(makeTorrent('x y', files, details).torrent));
  assert.ok(!linkOf({ around }).includes('&tr='));
  assert.ok(!linkOf({ around: open, more: { private: 1 } }).includes('&tr='));
  assert.match(linkOf({ around: open }), /&dn=x%20y&tr=udp%3A%2F%2Ft\.example%3A80%2Fannounce$/);
});

test('a torrent is kept for us alone and read again', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-kept-'));
  context.after(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const kept = keptTorrents(realDisk, join(folder, 'torrents'));
  assert.equal(await kept.read(hash), undefined);
  await kept.keep(hash, Buffer.from('content'));
  await kept.keep(hash, Buffer.from('content again'));
  assert.equal(Buffer.from((await kept.read(hash)) ?? []).toString(), 'content again');
  assert.equal((await stat(join(folder, 'torrents'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(folder, 'torrents', `${hash}.torrent`))).mode & 0o777, 0o600);
});

test('what is kept of a torrent goes when nobody needs it, but not what was written a moment ago', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-kept-'));
  context.after(() => rm(folder, { recursive: true }));
  const kept = keptTorrents(realDisk, folder);
  const other = hash.replace(/^./, '0');
  await kept.keep(hash, Buffer.from('content'));
  await kept.keep(other, Buffer.from('content'));
  for (const name of [`${hash}-01234567.json`, `${hash}-01234567.spill`, 'notes.txt'])
    await writeFile(join(folder, name), 'x');
  assert.deepEqual((await kept.keptKeys()).toSorted(), [`magnet:btih:${other}`, `magnet:btih:${hash}`].toSorted());
  await kept.forget(`magnet:btih:${hash}`, Date.now() - 60_000);
  assert.equal((await readdir(folder)).length, 5);
  await kept.forget(`magnet:btih:${hash}`, Date.now() + 60_000);
  assert.deepEqual((await readdir(folder)).toSorted(), [`${other}.torrent`, 'notes.txt'].toSorted());
});
