import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../downloads/failure.ts';
import { diskFailure } from './disk-failure.ts';
import { realDisk } from './real-disk.ts';
import { spaceOn } from './space.ts';

test('a small text is written beside a name of 255 bytes, as a whole, leaving nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-disk-'));
  const path = join(folder, `${'x'.repeat(245)}.part.json`);
  try {
    await realDisk.writeText(path, 'one', 0o600);
    await realDisk.writeText(path, 'two', 0o600);
    assert.equal(await realDisk.readText(path), 'two');
    await assert.rejects(realDisk.writeText(join(folder, 'y'.repeat(256)), 'three', 0o600), { code: 'ENAMETOOLONG' });
    assert.equal((await readdir(folder)).length, 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a file that is too large for its file system is for another folder, and not tried again', () => {
  const failure = diskFailure(Object.assign(new Error('EFBIG'), { code: 'EFBIG' }), '/stick/film.mkv');
  assert.ok(failure instanceof Failure);
  assert.match(failure.message, /^\/stick takes no file as large as this .*choose another with -d$/);
  assert.equal(failure.retry.when, 'never');
});

test('a file system that counts nothing is not a full one', async () => {
  const nothing = { ...realDisk, space: async () => ({ free: 0, total: 0 }) };
  assert.equal((await spaceOn(nothing, '/proc', 'auto')).free, Number.POSITIVE_INFINITY);
  const full = { ...realDisk, space: async () => ({ free: 0, total: 1e9 }) };
  assert.deepEqual(await spaceOn(full, '/full', 'auto'), { free: 0, headroom: 50_000_000 });
});
