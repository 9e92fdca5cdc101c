import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMedium, type Medium } from '../../../test/support/medium.ts';
import { powerUntil } from '../../../test/support/power.ts';
import { simulatedDisk } from '../../../test/support/simulated-disk.ts';
import { stepBench } from '../../../test/support/step-run.ts';
import { defaults } from '../../config/defaults.ts';
import type { Disk } from '../../disk/disk.ts';
import { realDisk } from '../../disk/real-disk.ts';
import type { Step } from '../step.ts';
import { moveKind } from './move.ts';

const config = {
  ...defaults,
  downloads: { ...defaults.downloads, directory: '/d' },
  move: { directory: '/m' },
} as never;
const bytes = Buffer.from('the film, '.repeat(1000));
const files = [{ path: '/d/Film.2001.mkv', size: bytes.length, main: true }];
const goal = '/m/films/Film (2001).mkv';

/** How the goal is reached: by a link, by a copy (another disk), or by a copy where there are no hard links. */
const ways = ['link', 'copy', 'copy without links'] as const;
type Way = (typeof ways)[number];

function diskFor(way: Way, disk: Disk): Disk {
  const folder = (path: string) => path.slice(0, path.lastIndexOf('/'));
  const across = (from: string, to: string) => {
    if (way.startsWith('copy') && folder(from) !== folder(to))
      throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
  };
  const link: Disk['link'] = async (from, to) => {
    across(from, to);
    await disk.link(from, to);
  };
  const rename: Disk['rename'] = async (from, to) => {
    across(from, to);
    await disk.rename(from, to);
  };
  return { ...disk, link, rename } as Disk;
}

function stepOn(disk: Disk): Step {
  return moveKind({ config, disk }).make('{category}/{title} ({year})');
}

function mediumWithFilm(): Medium {
  const medium = createMedium();
  medium.put('/d/Film.2001.mkv', bytes);
  return medium;
}

const wayDisk = (way: Way, medium: Medium, power = powerUntil()) =>
  diskFor(way, simulatedDisk(medium, { power, links: !way.includes('without') }));

for (const way of ways) {
  test(`cut off at any step of a move by ${way}, killed or without power, the file is whole in one place and the next run ends it`, async () => {
    for (let failsAt = 1, ended = false; !ended; failsAt += 1) {
      for (const lost of [false, true]) {
        const medium = mediumWithFilm();
        const power = powerUntil(failsAt);
        const bench = stepBench(async () => power.step());
        const run = bench.run(stepOn(wayDisk(way, medium, power)), { files, category: 'films' });
        ended = await Promise.race([
          run.then(
            () => true,
            () => false,
          ),
          off(power),
        ]);
        if (ended) break;
        if (lost) medium.crash(failsAt);
        const whole = ['/d/Film.2001.mkv', goal].filter((path) => medium.contentOf(path)?.equals(bytes));
        assert.ok(whole.length > 0, `no whole file after step ${failsAt}`);
        const again = stepBench();
        again.mark = bench.mark;
        const result = await again.run(stepOn(wayDisk(way, medium)), { files, category: 'films' });
        assert.deepEqual(result.files, [{ path: goal, size: bytes.length, main: true }]);
        assert.deepEqual([...medium.files().keys()], [goal], `after step ${failsAt}`);
        assert.ok(medium.contentOf(goal)?.equals(bytes));
      }
    }
  });
}

/** Resolves when the power has failed and everything that goes on by itself has come to its end. */
async function off(power: { readonly isOn: boolean }): Promise<boolean> {
  for (let turns = 0; turns < 1000 && power.isOn; turns += 1) await new Promise((done) => setImmediate(done));
  return false;
}

test('a name that is taken is left alone, also when it is taken between the look and the move', async () => {
  const medium = mediumWithFilm();
  medium.put(goal, Buffer.from('somebody else'));
  const disk = wayDisk('copy', medium);
  const late: Disk = {
    ...disk,
    link: async (from, to) => {
      if (to.endsWith('(2001) (2).mkv') && !medium.at(to)) medium.put(to, Buffer.from('somebody later'));
      await disk.link(from, to);
    },
  };
  const bench = stepBench();
  const result = await bench.run(stepOn(late), { files, category: 'films' });
  assert.equal(result.files?.[0]?.path, '/m/films/Film (2001) (3).mkv');
  assert.equal(medium.contentOf(goal)?.toString(), 'somebody else');
  assert.equal(medium.contentOf('/m/films/Film (2001) (2).mkv')?.toString(), 'somebody later');
  assert.deepEqual(bench.progress.at(-1), { current: bytes.length, total: bytes.length, unit: 'bytes' });
});

test('a copy that does not read back as it was written moves nothing, and leaves nothing', async () => {
  const medium = mediumWithFilm();
  const disk = wayDisk('copy', medium);
  const flipping: Disk = {
    ...disk,
    create: (path, mode) => {
      const file = disk.create(path, mode);
      return {
        ...file,
        sync: async () => {
          await file.sync();
          file.write(Buffer.from('!'), 0, 1, 5000);
        },
      };
    },
  };
  await assert.rejects(
    stepBench().run(stepOn(flipping), { files, category: 'films' }),
    /differs from it; check the disk/,
  );
  assert.deepEqual([...medium.files().keys()], ['/d/Film.2001.mkv']);
});

test('without room on the other disk it waits, and leaves nothing', async () => {
  const medium = mediumWithFilm();
  medium.capacity = 16_384;
  await assert.rejects(stepBench().run(stepOn(wayDisk('copy', medium)), { files, category: 'films' }), {
    class: 'no_space',
  });
  assert.deepEqual([...medium.files().keys()], ['/d/Film.2001.mkv']);
});

test('on a real disk without hard links it is renamed, and a second file of that name gets another', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-move-'));
  t.after(() => rm(folder, { recursive: true }));
  const noLinks: Disk = {
    ...realDisk,
    link: () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' })),
  };
  const own = { ...defaults, move: { directory: join(folder, 'm') } } as never;
  const places: (string | undefined)[] = [];
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    const path = join(folder, name, 'x.zip');
    await writeFile(path, name);
    const { files: moved } = await stepBench().run(moveKind({ config: own, disk: noLinks }).make(''), {
      files: [{ path, size: 1, main: true }],
    });
    places.push(moved?.[0]?.path);
    await assert.rejects(readFile(path), { code: 'ENOENT' });
  }
  assert.deepEqual(places, [join(folder, 'm', 'x.zip'), join(folder, 'm', 'x (2).zip')]);
  assert.equal(await readFile(join(folder, 'm', 'x.zip'), 'utf8'), 'a');
});

test('a file that somebody took away in between is said to be gone', async () => {
  const medium = createMedium();
  medium.put('/d/other', bytes);
  await assert.rejects(stepBench().run(stepOn(wayDisk('link', medium)), { files, category: 'films' }), /is gone/);
});
