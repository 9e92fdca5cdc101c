import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFolder } from './make-folder.ts';

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'longhaul-folder-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

test('all missing folders are made, private, and told; what is there stays as it is', () => {
  assert.deepEqual(makeFolder(join(root, 'a', 'b')), [join(root, 'a'), join(root, 'a', 'b')]);
  assert.equal(statSync(join(root, 'a', 'b')).mode & 0o777, 0o700);
  assert.deepEqual(makeFolder(join(root, 'a', 'b')), []);
});

test('a file in the way is an error', () => {
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: 'EEXIST' });
});

test('where a folder cannot be made although the one above is there, it says so at once', { timeout: 5000 }, () => {
  if (process.platform === 'linux') assert.throws(() => makeFolder('/proc/1/longhaul/x'), { code: 'EINVAL' });
});
