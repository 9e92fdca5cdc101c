import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../downloads/failure.ts';
import { type Delivered, markOf } from './delivered.ts';
import type { Disk } from './disk.ts';
import { createPartial, removeOwnPartial, removePartial, sidecarOf, sidecarsIn, writeSidecar } from './partial.ts';
import { isPublishedAs, publish } from './publish.ts';
import { realDisk } from './real-disk.ts';
import { removeWork } from './remove-work.ts';
import { headroomOf } from './space.ts';
import { temporaryFor } from './temporary.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'longhaul-disk-'));
});
after(() => rm(root, { recursive: true, force: true }));

const folder = () => mkdtemp(join(root, 'd-'));
const granted = async () => true;
const diskWithoutLinks: Disk = {
  ...realDisk,
  link: async () => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM' });
  },
};

async function filled(disk: Disk, directory: string, name: string, text: string): Promise<string> {
  const partial = await createPartial(disk, directory, name, granted);
  const file = disk.open(partial);
  file.write(Buffer.from(text), 0, Buffer.byteLength(text), 0);
  await file.close();
  return partial;
}

test('a folder that takes no files is said to be one', { skip: process.platform !== 'linux' }, async () => {
  await assert.rejects(
    createPartial(realDisk, '/proc', 'p.bin', granted),
    (error) => error instanceof Failure && /^\/proc cannot be written to; choose another folder/.test(error.message),
  );
});

test('a file has its final name only after all of it is on the disk', async () => {
  const steps: string[] = [];
  const disk: Disk = {
    ...realDisk,
    open: (path) => {
      const file = realDisk.open(path);
      return { ...file, sync: () => file.sync().then(() => void steps.push('synced')) };
    },
    link: (from, to) => realDisk.link(from, to).then(() => void steps.push('named')),
  };
  const directory = await folder();
  await publish(disk, await filled(realDisk, directory, 'a.iso', 'bytes'), 'a.iso', granted);
  assert.deepEqual(steps, ['synced', 'named']);
});

for (const [kind, disk] of [
  ['with hard links', realDisk],
  ['without hard links', diskWithoutLinks],
] as const) {
  test(`a published file stands under its name, and the partial can go (${kind})`, async () => {
    const directory = await folder();
    const partial = await filled(disk, directory, 'a.iso', 'bytes');
    const mark = await markOf(disk, partial);
    const final = await publish(disk, partial, 'a.iso', granted);
    assert.equal(final, join(directory, 'a.iso'));
    assert.ok(await isPublishedAs(disk, partial, join(directory, 'a.iso'), { size: 5, ...mark }));
    await removePartial(disk, partial);
    assert.ok(await isPublishedAs(disk, partial, join(directory, 'a.iso'), { size: 5, ...mark }));
    await rm(join(directory, 'a.iso'));
    await writeFile(join(directory, 'a.iso'), 'other');
    const another = { size: 5, ...mark, modifiedAt: mark.modifiedAt - 5000 };
    assert.ok(
      !(await isPublishedAs(disk, partial, join(directory, 'a.iso'), another)),
      'the size alone proves nothing',
    );
    await writeFile(join(directory, 'a.iso'), 'bytes');
    assert.deepEqual(await readdir(directory), ['a.iso']);
    assert.equal(await readFile(join(directory, 'a.iso'), 'utf8'), 'bytes');
  });

  test(`a file that is there is never replaced: the next gets a number (${kind})`, async () => {
    const directory = await folder();
    const partial = await filled(disk, directory, 'a.iso', 'ours');
    await writeFile(join(directory, 'a.iso'), 'theirs');
    assert.equal(await publish(disk, partial, 'a.iso', granted), join(directory, 'a (2).iso'));
    assert.equal(await readFile(join(directory, 'a.iso'), 'utf8'), 'theirs');
    assert.equal(await readFile(join(directory, 'a (2).iso'), 'utf8'), 'ours');
  });
}

test('publishing twice gives the same name: a crash between link and record is repaired', async () => {
  const directory = await folder();
  const partial = await filled(realDisk, directory, 'a.iso', 'bytes');
  const first = await publish(realDisk, partial, 'a.iso', granted);
  assert.equal(await publish(realDisk, partial, 'a.iso', granted), first);
  assert.deepEqual((await readdir(directory)).toSorted(), ['a.iso', 'a.iso.part']);
});

test('nothing is published when the lease was lost', async () => {
  const directory = await folder();
  const partial = await filled(realDisk, directory, 'a.iso', 'bytes');
  assert.equal(await publish(realDisk, partial, 'a.iso', async () => false), undefined);
  assert.deepEqual(await readdir(directory), ['a.iso.part']);
});

test('a name is reserved before it is made', async () => {
  const directory = await folder();
  const partial = await filled(realDisk, directory, 'a.iso', 'bytes');
  const seen: boolean[] = [];
  await publish(realDisk, partial, 'a.iso', async (path) => {
    seen.push((await realDisk.facts(path)) === undefined);
    return true;
  });
  assert.deepEqual(seen, [true]);
});

test('partials of one name get numbers, and belong to nobody else', async () => {
  const directory = await folder();
  const names = [1, 2, 3].map(() => createPartial(realDisk, directory, 'x.bin', granted));
  assert.deepEqual((await Promise.all(names)).toSorted(), [
    join(directory, 'x (2).bin.part'),
    join(directory, 'x (3).bin.part'),
    join(directory, 'x.bin.part'),
  ]);
  assert.equal((await stat(join(directory, 'x.bin.part'))).mode & 0o777, 0o640);
});

test('a partial is never created or opened through a symbolic link', async () => {
  const directory = await folder();
  await symlink(join(directory, 'target'), join(directory, 'x.bin.part'));
  assert.equal(await createPartial(realDisk, directory, 'x.bin', granted), join(directory, 'x (2).bin.part'));
  await writeFile(join(directory, 'target'), 'precious');
  assert.throws(() => realDisk.open(join(directory, 'x.bin.part')), { code: 'ELOOP' });
});

test('a partial may be read by its group, or by whom it is asked for, and is never executable', async () => {
  const directory = await folder();
  const umask = process.umask(0o022);
  try {
    const modeOf = async (name: string, mode?: number) =>
      (await stat(await createPartial(realDisk, directory, name, granted, mode))).mode & 0o777;
    assert.equal(await modeOf('a'), 0o640);
    assert.equal(await modeOf('b', 0o664), 0o644);
    assert.equal(await modeOf('c', 0o600), 0o600);
  } finally {
    process.umask(umask);
  }
});

test('a path that another download has reserved is left to it', async () => {
  const directory = await folder();
  const free = await createPartial(realDisk, directory, 'x.bin', async (path) => !path.endsWith('/x.bin.part'));
  assert.equal(free, join(directory, 'x (2).bin.part'));
  assert.deepEqual(await readdir(directory), ['x (2).bin.part']);
});

test('a sidecar is for its owner only, and goes with the partial', async () => {
  const directory = await folder();
  const partial = await createPartial(realDisk, directory, 'x.bin', granted);
  await writeSidecar(realDisk, partial, { uid: 'u' });
  assert.equal((await stat(sidecarOf(partial))).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(sidecarOf(partial), 'utf8')), { uid: 'u' });
  await removePartial(realDisk, partial);
  await removePartial(realDisk, partial);
  assert.deepEqual(await readdir(directory), []);
});

test('with a partial goes the sidecar that a crash left half written', async () => {
  const directory = await folder();
  const partial = await createPartial(realDisk, directory, 'film.mkv', granted);
  await writeFile(temporaryFor(sidecarOf(partial)), '{"uid":');
  await removeOwnPartial(realDisk, partial, 'mine');
  assert.deepEqual(await readdir(directory), []);
});

test('of two downloads that end at once, none takes the name of the other, where there are no hard links either', async () => {
  const directory = await folder();
  const partials = [
    await filled(diskWithoutLinks, directory, 'a.iso', 'first'),
    await filled(diskWithoutLinks, directory, 'a.iso', 'second'),
  ];
  await Promise.all(partials.map((partial) => publish(diskWithoutLinks, partial, 'a.iso', granted)));
  const names = (await readdir(directory)).toSorted();
  assert.deepEqual(names, ['a (2).iso', 'a.iso']);
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  assert.deepEqual(texts.toSorted(), ['first', 'second']);
});

test('a partial goes only with a sidecar that names its download, or while it is empty', async () => {
  const directory = await folder();
  const partial = await createPartial(realDisk, directory, 'x.bin', granted);
  await writeSidecar(realDisk, partial, { uid: 'u' });
  await removeOwnPartial(realDisk, partial, 'another');
  assert.deepEqual((await readdir(directory)).toSorted(), ['x.bin.part', 'x.bin.part.json']);
  await removeOwnPartial(realDisk, partial, 'u');
  assert.deepEqual(await readdir(directory), []);
  await writeFile(partial, 'somebody else wrote this');
  await removeOwnPartial(realDisk, partial, 'u');
  assert.deepEqual(await readdir(directory), ['x.bin.part']);
  await writeFile(partial, '');
  await removeOwnPartial(realDisk, partial, 'u');
  assert.deepEqual(await readdir(directory), []);
});

test('a removal may end anywhere: the next one takes what is left, and leaves what somebody put there meanwhile', async () => {
  for (const comesBetween of [false, true]) {
    for (let steps = 0; steps < 6; steps += 1) {
      const directory = await folder();
      const partial = await filled(realDisk, directory, 'x.bin', 'half of it');
      await writeSidecar(realDisk, partial, { uid: 'u' });
      const ending = removePartial(endingAfter(steps), partial);
      await (steps < 5 ? assert.rejects(ending, Failure) : ending);
      const isFree = !(await readdir(directory)).includes('x.bin.part');
      if (comesBetween && isFree) await writeFile(partial, 'somebody else wrote this');
      await removeOwnPartial(realDisk, partial, 'u');
      const left = comesBetween && isFree ? ['x.bin.part'] : [];
      assert.deepEqual(await readdir(directory), left, `after ${steps} steps`);
    }
  }
});

/** A process that dies after so many changes. */
function endingAfter(steps: number): Disk {
  let left = steps;
  const step = async (act: () => Promise<void>) => {
    if (left === 0) throw new Failure('lost', 'it died');
    left -= 1;
    await act();
  };
  return {
    ...realDisk,
    rename: (from, to) => step(() => realDisk.rename(from, to)),
    remove: (path) => step(() => realDisk.remove(path)),
  };
}

test('a sidecar without its partial tells of nothing', async () => {
  const directory = await folder();
  const partial = await createPartial(realDisk, directory, 'x.bin', granted);
  await writeSidecar(realDisk, partial, { uid: 'u' });
  assert.deepEqual(await sidecarsIn(realDisk, directory), [sidecarOf(partial)]);
  await rm(partial);
  assert.deepEqual(await sidecarsIn(realDisk, directory), []);
});

test('what is given up takes the delivered file with it when asked, but never one that somebody put there', async () => {
  const directory = await folder();
  const partialPath = await filled(realDisk, directory, 'a.iso', 'ours');
  await writeSidecar(realDisk, partialPath, { uid: 'u' });
  const finalPath = join(directory, 'a.iso');
  const files = [{ partialPath, finalPath, size: 4, identity: null, modifiedAt: null }];
  await writeFile(finalPath, 'them');
  await removeWork(realDisk, files, 'u', { partials: false, delivered: true });
  assert.equal(await readFile(finalPath, 'utf8'), 'them');
  await rm(finalPath);
  assert.equal(await publish(realDisk, partialPath, 'a.iso', granted), finalPath);
  await removeWork(realDisk, files, 'u', { partials: true, delivered: true });
  assert.deepEqual(await readdir(directory), []);
});

test('a delivered file is deleted while it is what was delivered, and left when somebody changed or replaced it', async () => {
  const directory = await folder();
  const finalPath = join(directory, 'a.iso');
  const remove = (recorded: Delivered) =>
    removeWork(realDisk, [{ partialPath: null, finalPath, ...recorded }], 'u', { partials: true, delivered: true });
  await writeFile(finalPath, 'ours');
  const recorded = { size: 4, ...(await markOf(realDisk, finalPath)) };
  await writeFile(finalPath, 'longer');
  assert.deepEqual(await remove(recorded), [finalPath]);
  await writeFile(finalPath, 'diff');
  await utimes(finalPath, new Date(), new Date(recorded.modifiedAt + 3_600_000));
  assert.deepEqual(await remove(recorded), [finalPath], 'written after it was delivered');
  assert.deepEqual(await remove({ size: 4, identity: null, modifiedAt: null }), [finalPath], 'never delivered here');
  assert.equal(await readFile(finalPath, 'utf8'), 'diff');
  await utimes(finalPath, new Date(), new Date(recorded.modifiedAt + 1003));
  assert.deepEqual(await remove(recorded), [finalPath], 'written to in its place, a second after it was delivered');
  await rm(finalPath);
  await writeFile(finalPath, 'back');
  await utimes(finalPath, new Date(), new Date(recorded.modifiedAt));
  assert.deepEqual(await remove(recorded), [], 'restored from a backup');
  assert.deepEqual(await readdir(directory), []);
});

test('a folder that is a file is said in one sentence', async () => {
  const directory = await folder();
  await writeFile(join(directory, 'file'), '');
  await assert.rejects(createPartial(realDisk, join(directory, 'file'), 'x', granted), (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.class, 'disk');
    assert.match(error.message, /a file is in the way/);
    return true;
  });
});

test('headroom is the smaller of 500 MB and 5 % of the volume', () => {
  assert.equal(headroomOf('auto', 16 * 2 ** 20), Math.floor(16 * 2 ** 20 * 0.05));
  assert.equal(headroomOf('auto', 1e12), 500_000_000);
  assert.equal(headroomOf(7, 1e12), 7);
});
