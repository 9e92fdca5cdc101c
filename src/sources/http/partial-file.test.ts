import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FileFacts, OpenFile } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { runningDigest } from './digests.ts';
import { PartialFile } from './partial-file.ts';
import type { PartialWriter } from './partial-writer.ts';

/** A file in memory that can fail, and counts its writes. */
class MemoryFile implements OpenFile {
  readonly bytes = Buffer.alloc(4 << 20);
  /** The disk is full from here on. */
  limit = Number.POSITIVE_INFINITY;
  /** What a write says from there on. */
  limitCode = 'ENOSPC';
  syncFails = false;
  /** Runs while a sync is under way. */
  duringSync: () => void = () => {};
  writes = 0;
  closed = 0;

  write(buffer: Uint8Array, offset: number, length: number, position: number): void {
    assert.equal(this.closed, 0);
    this.writes += 1;
    if (position + length > this.limit) throw Object.assign(new Error('full'), { code: this.limitCode });
    this.bytes.set(buffer.subarray(offset, offset + length), position);
  }

  async writeAside(buffer: Uint8Array, offset: number, length: number, position: number): Promise<void> {
    this.write(buffer, offset, length, position);
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    buffer.set(this.bytes.subarray(position, position + length), offset);
    return length;
  }

  async syncData(): Promise<void> {
    await Promise.resolve();
    this.duringSync();
    if (this.syncFails) throw Object.assign(new Error('io'), { code: 'EIO' });
  }

  size = async (): Promise<number> => this.bytes.length;
  facts = async (): Promise<FileFacts> => {
    const size = this.bytes.length;
    return { size, isFile: true, isDirectory: false, device: 1, inode: 1, modifiedAt: 0 };
  };
  truncate = async (): Promise<void> => {};
  sync = async (): Promise<void> => {};
  close = async (): Promise<void> => {
    this.closed += 1;
  };
}

const writers = new WeakMap<PartialFile, PartialWriter>();

/** Writes at any position: over the writer that stands there, or a new one. */
function put(partial: PartialFile, bytes: Uint8Array, offset: number, length: number, position: number): void {
  let writer = writers.get(partial);
  if (writer?.position !== position) {
    writer?.end();
    writer = partial.writer(position);
    writers.set(partial, writer);
  }
  writer.write(bytes, offset, length);
}

const content = Buffer.from(Array.from({ length: 4 << 20 }, (_, at) => (at * 31 + (at >> 8)) & 255));

test('small slices are gathered into few writes', async () => {
  const file = new MemoryFile();
  const partial = new PartialFile(file, '/p', [], undefined);
  for (let at = 0; at < 1 << 20; at += 16_384) put(partial, content, at, 16_384, at);
  assert.deepEqual(await partial.flush(), [[0, 1 << 20]]);
  assert.ok(file.writes <= 6, `${file.writes} writes`);
  assert.ok(file.bytes.subarray(0, 1 << 20).equals(content.subarray(0, 1 << 20)));
});

test('after a write that the disk refused with an error only what was synced before counts; a full disk has kept the rest', async () => {
  for (const [code, kept] of [
    ['EIO', 1 << 20],
    ['ENOSPC', 2 << 20],
  ] as const) {
    const file = new MemoryFile();
    const partial = new PartialFile(file, '/p', [], undefined);
    put(partial, content, 0, 1 << 20, 0);
    assert.deepEqual(await partial.flush(), [[0, 1 << 20]]);
    file.limit = 2 << 20;
    file.limitCode = code;
    put(partial, content, 1 << 20, 1 << 20, 1 << 20);
    assert.throws(() => {
      for (let at = 2 << 20; ; at += 1 << 18) put(partial, content, at, 1 << 18, at);
    }, Failure);
    assert.deepEqual(await partial.flush(), [[0, kept]], code);
  }
});

test('what comes during a sync is durable with the next one only', async () => {
  const file = new MemoryFile();
  const partial = new PartialFile(file, '/p', [], undefined);
  put(partial, content, 0, 100_000, 0);
  file.duringSync = () => {
    put(partial, content, 100_000, 100_000, 100_000);
    put(partial, content, 500_000, 100_000, 500_000);
  };
  assert.deepEqual(await partial.flush(), [[0, 100_000]]);
  file.duringSync = () => {};
  assert.deepEqual(await partial.flush(), [
    [0, 200_000],
    [500_000, 600_000],
  ]);
});

test('property: files that take turns in any way each get their own bytes, and tell them as durable only then', async () => {
  const step = fc.record({
    who: fc.nat(2),
    length: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 60_000, max: 300_000 })),
    jump: fc.boolean(),
    flush: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const lanes = [0, 1, 2].map((shift) => {
        const file = new MemoryFile();
        return { file, shift, at: 0, partial: new PartialFile(file, '/p', [], undefined) };
      });
      for (const { who, length, jump, flush } of steps) {
        const lane = lanes[who];
        if (!lane) continue;
        if (jump) lane.at += 1000;
        const size = Math.min(length, content.length - 3 - lane.at);
        if (size <= 0) continue;
        put(lane.partial, content, lane.at + lane.shift, size, lane.at);
        lane.at += size;
        if (!flush) continue;
        for (const [from, to] of await lane.partial.flush()) {
          assert.ok(lane.file.bytes.subarray(from, to).equals(content.subarray(from + lane.shift, to + lane.shift)));
        }
      }
      for (const { partial, file, shift } of lanes) {
        const told = await partial.flush();
        assert.equal(
          told.reduce((sum, [from, to]) => sum + to - from, 0),
          partial.bytes,
        );
        for (const [from, to] of told)
          assert.ok(file.bytes.subarray(from, to).equals(content.subarray(from + shift, to + shift)));
        await partial.close();
      }
    }),
    { numRuns: 30 },
  );
});

test('a full disk ends it with its class; what was written before can still be made durable', async () => {
  for (const size of [1000, 100_000]) {
    const file = new MemoryFile();
    file.limit = 350_000;
    const partial = new PartialFile(file, '/p', [], undefined);
    assert.throws(
      () => {
        for (let at = 0; at < 1 << 20; at += size) put(partial, content, at, size, at);
      },
      (error) => error instanceof Failure && error.class === 'no_space',
    );
    const [range] = await partial.flush();
    assert.ok(range && range[0] === 0 && range[1] > 0 && range[1] <= 350_000);
    assert.equal(partial.bytes, range[1]);
    assert.ok(file.bytes.subarray(0, range[1]).equals(content.subarray(0, range[1])));
  }
});

test('an error of one file is not the other’s', async () => {
  const full = new MemoryFile();
  full.limit = 0;
  const one = new PartialFile(full, '/one', [], undefined);
  const two = new PartialFile(new MemoryFile(), '/two', [], undefined);
  put(one, content, 0, 100, 0);
  put(two, content, 0, 100, 0);
  one.settle();
  assert.equal(one.failure?.class, 'no_space');
  assert.equal(two.failure, undefined);
  assert.deepEqual(await two.flush(), [[0, 100]]);
  assert.deepEqual(await one.flush(), []);
});

test('after a failed sync nothing since the last good one ever counts', async () => {
  const file = new MemoryFile();
  const partial = new PartialFile(file, '/p', [], undefined);
  put(partial, content, 0, 1000, 0);
  await partial.flush();
  put(partial, content, 1000, 1000, 1000);
  file.syncFails = true;
  assert.deepEqual(await partial.flush(), [[0, 1000]]);
  file.syncFails = false;
  assert.deepEqual(await partial.flush(), [[0, 1000]]);
  assert.equal(partial.failure?.class, 'disk');
  assert.throws(() => put(partial, content, 2000, 1, 2000), Failure);
});

test('after close nothing is written, not even what was gathered', async () => {
  const file = new MemoryFile();
  const partial = new PartialFile(file, '/p', [], undefined);
  put(partial, content, 0, 100, 0);
  await partial.close();
  partial.settle();
  assert.throws(() => put(partial, content, 0, 100, 100), Failure);
  assert.equal(file.writes, 0);
  assert.deepEqual(await partial.flush(), []);
});

test('several writers of one file fill it together, each its own stretch', async () => {
  const file = new MemoryFile();
  const partial = new PartialFile(file, '/p', [], undefined);
  const [low, high] = [partial.writer(0), partial.writer(500_000)];
  for (let at = 0; at < 500_000; at += 10_000) {
    low.write(content, at, 10_000);
    high.write(content, 500_000 + at, 10_000);
  }
  assert.deepEqual(partial.ranges, [[0, 1_000_000]]);
  assert.ok(file.writes < 12, `${file.writes} writes`);
  assert.deepEqual(await partial.flush(), [[0, 1_000_000]]);
  assert.ok(file.bytes.subarray(0, 1_000_000).equals(content.subarray(0, 1_000_000)));
  low.end();
  high.end();
  await partial.close();
});

test('what came out of order is read again for the digest', async () => {
  const digest = runningDigest(`sha-256=${'0'.repeat(64)}`);
  const partial = new PartialFile(new MemoryFile(), '/p', [], digest);
  for (const at of [1_500_000, 0]) {
    const writer = partial.writer(at);
    writer.write(content, at, 1_500_000);
    writer.end();
  }
  const wanted = createHash('sha256').update(content.subarray(0, 3_000_000)).digest('hex');
  assert.equal(await partial.digestOf(3_000_000), `sha-256=${wanted}`);
});
