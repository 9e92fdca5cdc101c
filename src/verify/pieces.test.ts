import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realDisk } from '../disk/real-disk.ts';
import { Failure } from '../downloads/failure.ts';
import { wrongPieces } from './pieces.ts';
import { verifyFile } from './verify.ts';

const never = new AbortController().signal;
const length = 1_500_000;
const bytes = Buffer.alloc(4_000_000, 'longhaul');
const pieces = {
  algorithm: 'sha-1',
  length,
  hashes: [0, 1, 2].map((n) =>
    createHash('sha1')
      .update(bytes.subarray(n * length, (n + 1) * length))
      .digest('hex'),
  ),
};

test('the pieces that differ are told, also where the file is too short or too long', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-pieces-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'x.part');
  const wrong = async (content: Uint8Array) => {
    await writeFile(path, content);
    return wrongPieces(realDisk, path, pieces, never);
  };
  const changed = Buffer.from(bytes);
  changed[length + 5] = (changed[length + 5] ?? 0) ^ 1;
  assert.deepEqual(await wrong(changed), [1]);
  assert.deepEqual(await wrong(bytes.subarray(0, length + 7)), [1, 2]);
  assert.deepEqual(await wrong(Buffer.concat([bytes, bytes])), [2, 3]);
  assert.deepEqual(await wrong(bytes), []);
  const file = { path, size: bytes.length, integrity: 'length', pieces } as const;
  assert.equal((await verifyFile(realDisk, file, never)).integrity, 'checksum');
  await writeFile(path, changed);
  await assert.rejects(
    verifyFile(realDisk, file, never),
    (error) => error instanceof Failure && error.class === 'checksum' && /1 of 3 pieces/.test(error.message),
  );
});
