import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qbittorrentRows } from './qbittorrent-list.ts';

const torrent = {
  hash: 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a',
  link: 'magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=film',
  name: 'film',
  isComplete: true,
  isOwn: false,
  path: '/data/film',
  folder: '/data',
  size: 7,
  category: 'films',
  addedAt: 1_700_000_000_000,
  completedAt: null,
};

test('what qBittorrent has completed is a completed download; what it still fetches, and ours, is left to it', () => {
  const [complete, unfinished, own] = qbittorrentRows([
    torrent,
    { ...torrent, isComplete: false },
    { ...torrent, isOwn: true },
  ]);
  assert.partialDeepStrictEqual(complete, {
    origin: 'qbittorrent',
    key: torrent.hash,
    link: torrent.link,
    status: 'completed',
    path: '/data/film',
    size: 7,
    metadata: { category: 'films' },
    createdAt: 1_700_000_000_000,
  });
  assert.ok(unfinished && 'leftOut' in unfinished && own && 'leftOut' in own);
});
