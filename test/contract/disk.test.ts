import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Disk, OpenFile } from '../../src/disk/disk.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { createMedium } from '../support/medium.ts';
import { simulatedDisk } from '../support/simulated-disk.ts';

/** Each key is a promise of the disk port, as a sentence; each gets an empty folder of its own. */
const promises: Readonly<Record<string, (disk: Disk, folder: string) => Promise<void>>> = {
  'a file is created once, and never over one that is there': async (disk, folder) => {
    const path = join(folder, 'a');
    await disk.create(path).close();
    assert.throws(() => disk.create(path), { code: 'EEXIST' });
    assert.partialDeepStrictEqual(await disk.facts(path), { size: 0, isFile: true, isDirectory: false });
    assert.throws(() => disk.create(join(folder, 'none', 'a')), { code: 'ENOENT' });
  },

  'bytes are read where they were written, and holes are zeros': async (disk, folder) => {
    const file = disk.create(join(folder, 'a'));
    write(file, 'world', 10);
    write(file, 'hello', 0);
    assert.equal(await file.size(), 15);
    assert.equal(await text(file, 0, 100), 'hello\0\0\0\0\0world');
    assert.equal(await text(file, 12, 2), 'rl');
    await file.writeAside(Buffer.from('xnessx'), 1, 4, 15);
    assert.equal(await text(file, 10, 100), 'worldness');
    await file.truncate(3);
    await file.truncate(6);
    assert.equal(await text(file, 0, 100), 'hel\0\0\0');
    await file.syncData();
    await file.sync();
    await file.close();
    await file.close();
  },

  'a second name is the same file, and never takes a name that is there': async (disk, folder) => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await write(disk.create(a), 'text', 0).close();
    await disk.link(a, b);
    await assert.rejects(disk.link(a, b), { code: 'EEXIST' });
    const [first, second] = [await disk.facts(a), await disk.facts(b)];
    assert.deepEqual([first?.inode, first?.device], [second?.inode, second?.device]);
    await disk.remove(a);
    assert.equal(await disk.facts(a), undefined);
    assert.equal(await disk.readText(b), 'text');
    await assert.rejects(disk.link(a, join(folder, 'c')), { code: 'ENOENT' });
  },

  'a rename takes the old name away and replaces what has the new one': async (disk, folder) => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await write(disk.create(a), 'new', 0).close();
    await write(disk.create(b), 'old', 0).close();
    await disk.rename(a, b);
    assert.equal(await disk.readText(b), 'new');
    assert.deepEqual(await disk.list(folder), ['b']);
    await assert.rejects(disk.rename(a, b), { code: 'ENOENT' });
  },

  'what is not there is no error to look for, to read as a text or to remove': async (disk, folder) => {
    for (const path of [join(folder, 'a'), join(folder, 'none', 'a')]) {
      assert.equal(await disk.facts(path), undefined);
      assert.equal(await disk.readText(path), undefined);
      await disk.remove(path);
      assert.throws(() => disk.open(path), { code: 'ENOENT' });
    }
  },

  'a text is written as a whole over the one before, and leaves nothing else': async (disk, folder) => {
    const path = join(folder, 'a.json');
    await disk.writeText(path, 'one, and longer', 0o600);
    await disk.writeText(path, 'two', 0o600);
    assert.equal(await disk.readText(path), 'two');
    assert.deepEqual(await disk.list(folder), ['a.json']);
  },

  'a folder is made with those above it, and making it again is no error': async (disk, folder) => {
    const path = join(folder, 'x', 'y');
    await disk.makeDirectory(path);
    await disk.makeDirectory(path);
    assert.partialDeepStrictEqual(await disk.facts(path), { isFile: false, isDirectory: true });
    await disk.create(join(folder, 'file')).close();
    await assert.rejects(disk.makeDirectory(join(folder, 'file')), { code: 'EEXIST' });
    await assert.rejects(disk.makeDirectory(join(folder, 'file', 'x')), { code: 'EEXIST' });
  },

  'the names of a folder can be synced, and its space be asked': async (disk, folder) => {
    await disk.syncDirectory(folder);
    await assert.rejects(disk.syncDirectory(join(folder, 'none')), { code: 'ENOENT' });
    const { free, total } = await disk.space(folder);
    assert.ok(free > 0 && total >= free);
    await assert.rejects(disk.space(join(folder, 'none')), { code: 'ENOENT' });
  },
};

for (const [promise, keep] of Object.entries(promises)) {
  test(`the disk of this machine: ${promise}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'longhaul-disk-'));
    try {
      await keep(realDisk, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test(`the simulated disk: ${promise}`, async () => {
    const disk = simulatedDisk(createMedium());
    await disk.makeDirectory('/folder');
    await keep(disk, '/folder');
  });
}

test('the simulated disk keeps what was synced, and may lose what was not', async () => {
  const lost = new Set<string>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const medium = createMedium();
    const disk = simulatedDisk(medium);
    await disk.makeDirectory('/d');
    const synced = disk.create('/d/synced');
    write(synced, 'durable', 0);
    await synced.syncData();
    await disk.syncDirectory('/d');
    write(synced, ' and more', 7);
    write(disk.create('/d/unsynced'), 'text', 0);
    await disk.link('/d/synced', '/d/linked');
    medium.crash(seed);
    assert.match(medium.contentOf('/d/synced')?.toString() ?? 'gone', /^durable/);
    for (const path of ['/d/unsynced', '/d/linked']) if (!medium.at(path)) lost.add(path);
    if (medium.contentOf('/d/synced')?.length === 7) lost.add('the bytes after the sync');
  }
  assert.equal(lost.size, 3);
});

test('after a failed sync the simulated disk reads what it has lost, until the power goes', async () => {
  const found = new Set<string | undefined>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const medium = createMedium();
    const faults = ['EIO'];
    const disk = simulatedDisk(medium, { fault: ({ kind }) => (kind === 'sync' ? faults.pop() : undefined) });
    await disk.makeDirectory('/d');
    const file = disk.create('/d/file');
    await disk.syncDirectory('/d');
    for (let n = 0; n < seed; n += 1) await disk.facts('/d/file');
    write(file, 'text', 0);
    await assert.rejects(file.sync(), { code: 'EIO' });
    await file.sync();
    assert.equal(await disk.readText('/d/file'), 'text');
    medium.crash(seed);
    found.add(medium.contentOf('/d/file')?.toString());
  }
  assert.ok(found.has('text') && found.size > 1);
});

test('a simulated disk with little room takes what fits and then says ENOSPC', async () => {
  const medium = createMedium();
  medium.capacity = 3 * 4096;
  const disk = simulatedDisk(medium);
  await disk.makeDirectory('/d');
  const file = disk.create('/d/file');
  assert.throws(() => write(file, 'x'.repeat(20_000), 0), { code: 'ENOSPC' });
  assert.equal(await file.size(), 3 * 4096);
  assert.deepEqual(await disk.space('/d'), { free: 0, total: 3 * 4096 });
  await disk.remove('/d/file');
  assert.deepEqual(await disk.space('/d'), { free: 3 * 4096, total: 3 * 4096 });
});

function write(file: OpenFile, content: string, position: number): OpenFile {
  const bytes = Buffer.from(content);
  file.write(bytes, 0, bytes.length, position);
  return file;
}

async function text(file: OpenFile, position: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, await file.read(buffer, 0, length, position)).toString();
}
