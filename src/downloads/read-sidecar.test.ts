import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSidecar } from './read-sidecar.ts';
import type { Sidecar } from './sidecar.ts';

const sidecar: Sidecar = {
  version: 1,
  uid: '01939393-0000-7000-8000-000000000001',
  source: 'http',
  link: 'http://host/file.bin',
  linkKey: 'http://host/file.bin',
  name: 'file.bin',
  directory: '/downloads',
  options: { headers: ['X: 1'] },
  metadata: { own: [1] },
  category: null,
  resumeToken: { etag: '"a"' },
  files: [{ position: 0, path: 'file.bin', size: 10, main: true, partialPath: '/downloads/file.bin.part' }],
  createdAt: 1000,
};

test('what was written is read', () => {
  assert.deepEqual(readSidecar(JSON.stringify(sidecar)), sidecar);
});

test('a path that leads out of its folder, or is not a path, makes the whole sidecar worthless', () => {
  const [file] = sidecar.files;
  for (const path of ['../x', 'a/../../x', '/etc/passwd', 'a\0b', '', '..\\x']) {
    assert.equal(readSidecar(JSON.stringify({ ...sidecar, files: [{ ...file, path }] })), undefined, path);
  }
  assert.equal(readSidecar(JSON.stringify({ ...sidecar, directory: 'downloads' })), undefined);
  assert.equal(readSidecar(JSON.stringify({ ...sidecar, files: [{ ...file, partialPath: 'file.part' }] })), undefined);
});

test('another version, a torn file and a huge one are not sidecars', () => {
  const written = JSON.stringify(sidecar);
  assert.equal(readSidecar(JSON.stringify({ ...sidecar, version: 2 })), undefined);
  for (let length = 0; length < written.length; length += 1)
    assert.equal(readSidecar(written.slice(0, length)), undefined);
  assert.equal(readSidecar(`${written}${' '.repeat(1024 * 1024)}`), undefined);
});

test('whatever a member is replaced by, reading never throws and never lets a wrong type through', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(sidecar)), fc.jsonValue(), (key, value) => {
      const read = readSidecar(JSON.stringify({ ...sidecar, [key]: value }));
      if (!read) return;
      assert.equal(typeof read.uid, 'string');
      assert.ok(read.directory.startsWith('/'));
      assert.ok(read.name === null || typeof read.name === 'string');
      for (const file of read.files) assert.ok(Number.isSafeInteger(file.position) && !file.path.includes('..'));
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.string(), (content) => assert.equal(readSidecar(content), undefined)));
});
