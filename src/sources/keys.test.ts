import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { megaKey } from './mega/link.ts';
import { magnetKey } from './torrent/magnet.ts';

test('old and new forms of one MEGA link are the same, with or without the key, which is not in it', () => {
  const file = [
    'https://mega.nz/file/AbCd-_12#secret',
    'https://mega.nz/#!AbCd-_12!secret',
    ' http://www.mega.co.nz/file/AbCd-_12 ',
  ];
  assert.deepEqual([...new Set(file.map(megaKey))], ['mega:file/AbCd-_12']);
  const folder = ['https://mega.nz/folder/AbCdEfGh#k', 'https://mega.nz/#F!AbCdEfGh!k'];
  assert.deepEqual([...new Set(folder.map(megaKey))], ['mega:folder/AbCdEfGh']);
  assert.equal(megaKey('https://mega.nz/folder/AbCdEfGh#k/file/12345678'), 'mega:folder/AbCdEfGh/file/12345678');
  assert.notEqual(megaKey('https://mega.nz/file/abcd-_12#secret'), megaKey(file[0] ?? ''));
  for (const other of ['https://mega.nz/', 'https://mega.nz.evil/file/AbCd-_12#k', 'https://host/file/AbCd-_12']) {
    assert.equal(megaKey(other), undefined);
  }
});

test('a magnet is its hash, in hex or base 32, whatever else it says', () => {
  const hex = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
  const key = `magnet:btih:${hex}`;
  assert.equal(magnetKey(`magnet:?xt=urn:btih:${hex.toUpperCase()}&dn=a+b&tr=udp%3A%2F%2Fx`), key);
  assert.equal(magnetKey('magnet:?dn=x&xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK'), key);
  assert.equal(magnetKey(`magnet:?xt.1=urn:btmh:1220${'a'.repeat(64)}&xt.2=urn:btih:${hex}`), key);
  assert.equal(magnetKey(`magnet:?xt=urn:btmh:1220${'A'.repeat(64)}`), `magnet:btmh:1220${'a'.repeat(64)}`);
  assert.equal(magnetKey('magnet:?dn=x'), undefined);
  assert.equal(magnetKey('https://host/?xt=urn:btih:x'), undefined);
});

test('any text has a key or none, and never an error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc
          .array(
            fc.oneof(
              fc.constantFrom('xt', '=', '&', '.1', 'urn:btih:', 'urn:btmh:1220', 'dn=', '%', 'a'.repeat(40)),
              fc.string(),
            ),
          )
          .map((parts) => `magnet:?${parts.join('')}`),
        fc
          .array(
            fc.oneof(
              fc.constantFrom('file/', 'folder/', '#', '#!', '#F!', '!', 'AbCd1234', 'k'.repeat(43)),
              fc.string(),
            ),
          )
          .map((parts) => `https://mega.nz/${parts.join('')}`),
      ),
      (text) => {
        for (const key of [megaKey(text), magnetKey(text)]) assert.ok(key === undefined || key.length > 5);
      },
    ),
  );
});
