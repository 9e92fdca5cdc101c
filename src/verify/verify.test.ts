import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { realDisk } from '../disk/real-disk.ts';
import { Failure } from '../downloads/failure.ts';
import { formatChecksum, parseChecksum } from './checksum.ts';
import { verifyFile, WrongPieces } from './verify.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-verify-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const bytes = Buffer.alloc(3_000_001, 'longhaul');
const sha256 = createHash('sha256').update(bytes).digest('hex');

async function partial(): Promise<string> {
  const path = join(folder, 'x.part');
  await writeFile(path, bytes);
  return path;
}

const failsWith = (failureClass: string) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass;

test('a right checksum makes the integrity "checksum" and is kept as the digest', async () => {
  const file = {
    path: await partial(),
    size: bytes.length,
    integrity: 'length',
    checksum: `SHA256:${sha256.toUpperCase()}`,
  } as const;
  assert.deepEqual(await verifyFile(realDisk, file, never), {
    size: bytes.length,
    integrity: 'checksum',
    digest: `sha-256=${sha256}`,
  });
});

test('one wrong byte is a checksum failure that names both digests', async () => {
  const path = await partial();
  const wrong = Buffer.from(bytes);
  wrong[1_234_567] = (wrong[1_234_567] ?? 0) ^ 1;
  await writeFile(path, wrong);
  const file = { path, size: bytes.length, integrity: 'validator', checksum: `sha-256=${sha256}` } as const;
  await assert.rejects(verifyFile(realDisk, file, never), failsWith('checksum'));
});

test('where the checksum differs and the pieces are known, they tell what is wrong', async () => {
  const path = await partial();
  const length = 1_000_000;
  const hashes = [0, 1, 2, 3].map((n) =>
    createHash('sha256')
      .update(bytes.subarray(n * length, (n + 1) * length))
      .digest('hex'),
  );
  const wrong = Buffer.from(bytes);
  wrong[1_234_567] = (wrong[1_234_567] ?? 0) ^ 1;
  const pieces = { algorithm: 'sha-256', length, hashes };
  const file = { path, size: bytes.length, integrity: 'length', pieces } as const;
  const other = { ...file, checksum: `sha-256=${'0'.repeat(64)}` };
  // The pieces are right, and the file is not the one that was asked for.
  await assert.rejects(verifyFile(realDisk, other, never), (error) => !(error instanceof WrongPieces));
  await writeFile(path, wrong);
  await assert.rejects(verifyFile(realDisk, { ...file, checksum: `sha-256=${sha256}` }, never), {
    class: 'checksum',
    ranges: [[length, 2 * length]],
  });
});

test('a digest made on the way saves reading the file again, and a wrong one is not believed', async () => {
  const file = {
    path: await partial(),
    size: bytes.length,
    integrity: 'length',
    checksum: `sha-256=${sha256}`,
  } as const;
  await assert.rejects(
    verifyFile(realDisk, { ...file, digest: `sha-256=${'0'.repeat(64)}` }, never),
    failsWith('checksum'),
  );
  assert.equal((await verifyFile(realDisk, { ...file, digest: `sha-256=${sha256}` }, never)).integrity, 'checksum');
});

test('a partial of another size is never published', async () => {
  const file = { path: await partial(), size: bytes.length + 1, integrity: 'length' } as const;
  await assert.rejects(verifyFile(realDisk, file, never), failsWith('changed'));
});

test('verifying stops when it is told to', async () => {
  const file = {
    path: await partial(),
    size: bytes.length,
    integrity: 'length',
    checksum: `md5=${'0'.repeat(32)}`,
  } as const;
  const stopped = AbortSignal.abort(new Error('enough'));
  await assert.rejects(verifyFile(realDisk, file, stopped), /enough/);
});

test('a malformed checksum says what is allowed', () => {
  assert.throws(() => parseChecksum('crc32=abcd'), /ALGORITHM=HEX with one of sha-256/);
  assert.throws(() => parseChecksum('sha-256=abcd'), /has 64 hex digits, this one has 4/);
  assert.throws(() => parseChecksum(''), Failure);
});

test('whatever text is given, a checksum is read or refused in one sentence', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(sha-?256|md5|sha1)[=:][0-9a-fA-F]{30,66}$/)), (text) => {
      try {
        const read = parseChecksum(text);
        assert.deepEqual(parseChecksum(formatChecksum(read)), read);
      } catch (error) {
        assert.ok(error instanceof Failure && !error.message.includes('undefined'));
      }
    }),
  );
});
