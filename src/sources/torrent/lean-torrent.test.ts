import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParsedTorrent } from 'webtorrent';
import { forLibrary, openInfo } from './lean-torrent.ts';
import type { Metainfo } from './metainfo.ts';

const metainfo = {
  infoHash: 'ab'.repeat(20),
  name: 'album',
  length: 70,
  pieceLength: 32,
  isPrivate: true,
  trackers: [['http://one', 'http://two'], ['http://three']],
  webSeeds: ['http://web'],
  pieces: Buffer.concat([Buffer.alloc(20, 1), Buffer.alloc(20, 2), Buffer.alloc(20, 3)]),
} as unknown as Metainfo;
const bytes = Buffer.from('the .torrent');

test('the library is given one file however many there are, or the .torrent where web seeds are asked', () => {
  const given = forLibrary(metainfo, bytes, false) as ParsedTorrent;
  assert.deepEqual(given.files, [{ path: 'album', name: 'album', length: 70, offset: 0 }]);
  assert.deepEqual([given.lastPieceLength, given.private, given.urlList], [6, true, []]);
  assert.deepEqual(given.announce, ['http://one', 'http://two', 'http://three']);
  assert.deepEqual(
    given.pieces,
    ['01', '02', '03'].map((byte) => byte.repeat(20)),
  );
  assert.equal(forLibrary(metainfo, bytes, true), bytes);
  assert.notEqual(forLibrary({ ...metainfo, webSeeds: [] }, bytes, true), bytes);
});

test('the last piece of a torrent that fills all its pieces is as long as the others', () => {
  assert.equal((forLibrary({ ...metainfo, length: 96 }, bytes, false) as ParsedTorrent).lastPieceLength, 32);
});

test('info that is read whole is empty, and in parts it is what it is', () => {
  const info = openInfo(Buffer.from('d4:name5:albume'));
  assert.equal(Buffer.from(info.slice()).toString(), 'de');
  assert.equal(Buffer.from(info.slice(1, 7)).toString(), '4:name');
  assert.equal(Buffer.from(info.slice(7, 100)).toString(), '5:albume');
  assert.equal(info.length, 15);
});
