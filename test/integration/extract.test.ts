import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { defaults } from '../../src/config/defaults.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { extractKind } from '../../src/steps/extract/extract.ts';
import type { StepResult } from '../../src/steps/step.ts';
import { systemClock } from '../../src/time/clock.ts';
import { needs } from '../support/needs.ts';
import { rarArchive } from '../support/rar-archive.ts';
import { type StepBench, stepBench } from '../support/step-run.ts';

const all = needs('7zz', 'bzip2', 'unar', 'xz');
const film = Buffer.alloc(600_000, 'the film, ');
const subtitles = Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nHello\n');

interface Stage {
  readonly folder: string;
  /** Runs a program in a folder `film` and `film/subs/en.srt` are in. */
  make(program: string, ...args: readonly string[]): void;
  run(names: readonly string[], settings?: object, bench?: StepBench): Promise<StepResult>;
}

async function stage(t: TestContext): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-extract-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'in', 'subs'), { recursive: true });
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'in', 'film.mkv'), film);
  await writeFile(join(folder, 'in', 'subs', 'en.srt'), subtitles);
  await writeFile(join(folder, 'in', 'empty'), '');
  return {
    folder,
    make: (program, ...args) => void execFileSync(program, args, { cwd: join(folder, 'in'), stdio: 'pipe' }),
    async run(names, settings = {}, bench = stepBench()) {
      const config = { ...defaults, extract: { ...defaults.extract, ...settings } } as never;
      const paths = names.map((name) => join(folder, name));
      const files = await Promise.all(
        paths.map(async (path, place) => ({ path, size: (await stat(path)).size, main: place === 0 })),
      );
      const step = extractKind({ config, disk: realDisk, clock: systemClock }).make('');
      return bench.run(step, { files, directory: folder, work: join(folder, 'work') });
    },
  };
}

/** What a step made, by its path in the work folder. */
async function contents({ files = [] }: StepResult, { folder }: Stage): Promise<Record<string, Buffer>> {
  const read = files.map(async ({ path }) => [relative(join(folder, 'work'), path), await readFile(path)] as const);
  return Object.fromEntries(await Promise.all(read));
}

const expected = { 'show/film.mkv': film, 'show/subs/en.srt': subtitles, 'show/empty': Buffer.alloc(0) };

/** Packs everything by a program whose first arguments are these, into the file named last. */
const by =
  (program: string, ...args: readonly string[]) =>
  async (on: Stage): Promise<readonly string[]> => {
    const name = args.at(-1) ?? '';
    on.make(program, ...args.slice(0, -1), `../${name}`, '.');
    return (await readdir(on.folder)).filter((found) => found.startsWith(name)).sort();
  };

const makers: Readonly<Record<string, (on: Stage) => Promise<readonly string[]>>> = {
  zip: by('7zz', 'a', '-tzip', 'show.zip'),
  'zip of a method that only 7-Zip knows': by('7zz', 'a', '-tzip', '-mm=LZMA', 'show.zip'),
  'zip in parts': by('7zz', 'a', '-tzip', '-mx0', '-v250k', 'show.zip'),
  '7z': by('7zz', 'a', 'show.7z'),
  '7z in parts': by('7zz', 'a', '-mx0', '-v250k', 'show.7z'),
  tar: by('tar', 'cf', 'show.tar'),
  'tar.gz': by('tar', 'czf', 'show.tar.gz'),
  'tar.xz': by('tar', 'cJf', 'show.tar.xz'),
  'tar.bz2 in pax format': by('tar', '--format=pax', '-cjf', 'show.tar.bz2'),
  'tar.zst': async (on) => {
    on.make('tar', 'cf', '../show.tar', '.');
    await writeFile(join(on.folder, 'show.tzst'), zstdCompressSync(await readFile(join(on.folder, 'show.tar'))));
    return ['show.tzst'];
  },
  'tar in raw parts': async (on) => {
    on.make('tar', 'czf', '../whole', '.');
    const whole = await readFile(join(on.folder, 'whole'));
    await writeFile(join(on.folder, 'show.tar.gz.001'), whole.subarray(0, 300));
    await writeFile(join(on.folder, 'show.tar.gz.002'), whole.subarray(300));
    return ['show.tar.gz.002', 'show.tar.gz.001'];
  },
  rar: async (on) => {
    const folder = { name: 'subs', isDirectory: true };
    const files = [{ name: 'film.mkv', data: film }, { name: 'empty' }, { name: 'subs/en.srt', data: subtitles }];
    await writeFile(join(on.folder, 'show.rar'), rarArchive([folder, ...files]));
    return ['show.rar'];
  },
  'rar in parts': async (on) => {
    const cut = film.length / 2;
    const first = { name: 'film.mkv', data: film.subarray(0, cut), whole: film, after: true };
    const second = { name: 'film.mkv', data: film.subarray(cut), whole: film, before: true };
    const rest = [{ name: 'subs/en.srt', data: subtitles }, { name: 'empty' }];
    await writeFile(join(on.folder, 'show.part1.rar'), rarArchive([first], { volume: 0, isLast: false }));
    await writeFile(join(on.folder, 'show.part2.rar'), rarArchive([second, ...rest], { volume: 1 }));
    return ['show.part1.rar', 'show.part2.rar'];
  },
};

for (const [name, make] of Object.entries(makers)) {
  test(`${name}: everything comes out as it was, also over what a killed run left`, all, async (t) => {
    const on = await stage(t);
    const names = await make(on);
    await mkdir(join(on.folder, 'work', 'show', 'subs'), { recursive: true });
    await mkdir(join(on.folder, 'work', '.s0'));
    for (const left of ['show/film.mkv', 'show/subs/en.srt', '.s0/film.mkv']) {
      await writeFile(join(on.folder, 'work', left), 'half');
    }
    const bench = stepBench();
    const result = await on.run(names, {}, bench);
    assert.deepEqual(await contents(result, on), expected);
    assert.equal(result.files?.find(({ main }) => main)?.path, join(on.folder, 'work', 'show', 'film.mkv'));
    const last = bench.progress.at(-1);
    assert.ok(last && last.total !== null && last.current === last.total, JSON.stringify(last));
  });
}

test(
  'one file comes without a folder, one folder as it is called, two archives of one name beside each other',
  all,
  async (t) => {
    const on = await stage(t);
    on.make('7zz', 'a', '-tzip', '../one.zip', 'film.mkv');
    on.make('7zz', 'a', '-tzip', '../tree.zip', 'subs');
    on.make('tar', 'czf', '../one.tar.gz', 'film.mkv');
    on.make('xz', '-k', 'film.mkv');
    await writeFile(join(on.folder, 'readme.nfo'), 'x');
    const { files = [] } = await on.run(['one.zip', 'tree.zip', 'one.tar.gz', 'in/film.mkv.xz', 'readme.nfo']);
    const names = files.map(({ path }) => relative(join(on.folder, 'work'), path));
    assert.deepEqual(names, ['film.mkv', 'film (2).mkv', 'subs/en.srt', 'film (3).mkv', '../readme.nfo']);
  },
);

test('encrypted archives come out with a password of the file, whichever of its lines it is', all, async (t) => {
  const on = await stage(t);
  const password_file = join(on.folder, 'passwords');
  await writeFile(password_file, 'wrong\n\nsome -p "geheim"\nlast\n');
  for (const how of [['-tzip'], ['-tzip', '-mem=AES256'], ['-t7z'], ['-t7z', '-mhe']]) {
    on.make('7zz', 'a', ...how, '-psome -p "geheim"', '../show.arc', '.');
    const name = how[0] === '-tzip' ? 'show.zip' : 'show.7z';
    await rename(join(on.folder, 'show.arc'), join(on.folder, name));
    assert.deepEqual(await contents(await on.run([name], { password_file }), on), expected, how.join(' '));
  }
  await writeFile(password_file, 'wrong\n');
  await assert.rejects(
    on.run(['show.zip'], { password_file }),
    /knows no password that fits; write it into the file that/,
  );
  await assert.rejects(on.run(['show.7z'], { password_file: '/none' }), /the file \/none, .* cannot be read/);
});

test('a run that was cut off goes on behind the last archive that was done', all, async (t) => {
  const on = await stage(t);
  on.make('7zz', 'a', '-tzip', '../one.zip', 'film.mkv');
  on.make('tar', 'czf', '../two.tar.gz', 'subs', 'empty');
  const names = ['one.zip', 'two.tar.gz'];
  const died = new Error('died');
  const first = stepBench();
  const stop = new AbortController();
  first.run = (
    (run) => (made, given) =>
      run(made, given, stop.signal)
  )(first.run);
  const push = first.progress.push.bind(first.progress);
  first.progress.push = (...told) => {
    if (first.mark !== undefined) stop.abort(died);
    return push(...told);
  };
  await assert.rejects(on.run(names, {}, first), died);
  const { ino } = await stat(join(on.folder, 'work', 'film.mkv'));
  await writeFile(join(on.folder, 'work', '.s1', 'half'), 'half');
  const again = stepBench();
  again.mark = first.mark;
  const result = await on.run(names, {}, again);
  const found = { 'film.mkv': film, 'two/subs/en.srt': subtitles, 'two/empty': Buffer.alloc(0) };
  assert.deepEqual(await contents(result, on), found);
  assert.equal((await stat(join(on.folder, 'work', 'film.mkv'))).ino, ino, 'it was not extracted again');
});

test('within an archive it goes on behind the entries that were durable', all, async (t) => {
  const on = await stage(t);
  on.make('7zz', 'a', '-tzip', '../x.zip', 'film.mkv', 'subs/en.srt');
  on.make('7zz', 'a', '-ms=off', '../x.7z', 'film.mkv', 'subs/en.srt');
  on.make('tar', 'cf', '../x.tar', 'film.mkv', 'subs/en.srt');
  for (const name of ['x.zip', 'x.7z', 'x.tar']) {
    const path = join(on.folder, name);
    const kept = Buffer.alloc(film.length, 'kept');
    await mkdir(join(on.folder, 'work', '.s0'));
    await writeFile(join(on.folder, 'work', '.s0', 'film.mkv'), kept);
    const files = [{ path: '.s0/film.mkv', size: kept.length, place: ['film.mkv'] }];
    const bench = stepBench();
    const left = { done: [], open: { entries: 1, files, links: 0 } };
    bench.mark = { stamp: JSON.stringify([[path, (await stat(path)).size]]), left };
    const found = await contents(await on.run([name], {}, bench), on);
    assert.deepEqual(found, { 'x/film.mkv': kept, 'x/subs/en.srt': subtitles }, name);
    await rm(join(on.folder, 'work', 'x'), { recursive: true });
  }
});

test('nothing to extract is no failure', async (t) => {
  const on = await stage(t);
  assert.deepEqual(await on.run(['in/film.mkv']), { note: 'nothing to extract: no archive is among the files' });
});

/** Each makes an archive that must be refused, and says with which words. */
const evil: Readonly<
  Record<string, (on: Stage) => Promise<readonly [names: readonly string[], words: RegExp, kind?: string]>>
> = {
  'a path out of its folder, in tar': async (on) => {
    on.make('tar', 'cPf', '../x.tar', '--transform=s,^film,../evil,', 'film.mkv');
    return [['x.tar'], /x\.tar holds "\.\.\/evil\.mkv", which would lie outside/];
  },
  'a path out of its folder, in zip': async (on) => {
    await writeFile(join(on.folder, 'in', 'aa_evil'), 'x');
    on.make('7zz', 'a', '-tzip', '../x.zip', 'aa_evil');
    await replaceIn(join(on.folder, 'x.zip'), 'aa_evil', '../evil');
    return [['x.zip'], /"\.\.\/evil", which would lie outside/];
  },
  'a path out of its folder, in rar': async (on) => {
    await writeFile(join(on.folder, 'x.rar'), rarArchive([{ name: '../evil', data: Buffer.from('x') }]));
    return [['x.rar'], /"\.\.\/evil", which would lie outside/];
  },
  'an absolute path': async (on) => {
    on.make('tar', 'cPf', '../x.tar', '--transform=s,^film,/tmp/evil,', 'film.mkv');
    return [['x.tar'], /which would lie outside/];
  },
  'a symbolic link out of its folder': async (on) => {
    await symlink('../../etc', join(on.folder, 'in', 'way'));
    on.make('tar', 'cf', '../x.tar', '.');
    return [['x.tar'], /a link ".*way" to "\.\.\/\.\.\/etc" outside/];
  },
  'the same in 7z': async (on) => {
    await symlink('/etc/passwd', join(on.folder, 'in', 'way'));
    on.make('7zz', 'a', '-snl', '../x.7z', '.');
    return [['x.7z'], /a link ".*way" to "\/etc\/passwd" outside/];
  },
  'a hard link to what is not in it': async (on) => {
    on.make('ln', 'film.mkv', 'other');
    on.make('tar', 'cPf', '../x.tar', '--transform=flags=h;s,^film.mkv,/etc/passwd,', 'film.mkv', 'other');
    await replaceIn(join(on.folder, 'x.tar'), 'none', 'none');
    return [['x.tar'], /outside its folder|not in it/];
  },
  'a pipe': async (on) => {
    on.make('mkfifo', 'pipe');
    on.make('tar', 'cf', '../x.tar', 'pipe');
    return [['x.tar'], /the device or pipe "pipe"/];
  },
  'an encrypted zip': async (on) => {
    on.make('7zz', 'a', '-tzip', '-pgeheim', '../x.zip', '.');
    return [['x.zip'], /x\.zip is encrypted, and Longhaul knows no password/, 'refused'];
  },
  'an encrypted 7z': async (on) => {
    on.make('7zz', 'a', '-pgeheim', '../x.7z', '.');
    return [['x.7z'], /is encrypted/, 'refused'];
  },
  'an encrypted 7z that hides its names': async (on) => {
    on.make('7zz', 'a', '-pgeheim', '-mhe', '../x.7z', '.');
    return [['x.7z'], /is encrypted/, 'refused'];
  },
  'entries that lie over each other': async (on) => {
    on.make('7zz', 'a', '-tzip', '../x.zip', 'film.mkv', 'empty');
    await overlap(join(on.folder, 'x.zip'));
    return [['x.zip'], /lie over each other/];
  },
  'a bomb': async (on) => {
    await truncate(join(on.folder, 'in', 'film.mkv'), 101_000_000);
    on.make('tar', 'cf', '../x', 'film.mkv');
    await writeFile(join(on.folder, 'x.tar.zst'), zstdCompressSync(await readFile(join(on.folder, 'x'))));
    return [['x.tar.zst'], /becomes more than 200 times its own size/];
  },
  'a sparse file': async (on) => {
    await truncate(join(on.folder, 'in', 'film.mkv'), 50_000_000);
    on.make('tar', 'cSf', '../x.tar', 'film.mkv');
    return [['x.tar'], /cannot extract \(such as a sparse file\)/];
  },
  'a sparse file in pax format': async (on) => {
    await truncate(join(on.folder, 'in', 'film.mkv'), 50_000_000);
    on.make('tar', '--format=pax', '-cSf', '../x.tar', 'film.mkv');
    return [['x.tar'], /cannot extract \(such as a sparse file\)/];
  },
  'a missing part': async (on) => {
    on.make('7zz', 'a', '-mx0', '-v250k', '../x.7z', '.');
    return [['x.7z.001', 'x.7z.003'], /is not whole: x\.7z\.002 is missing/];
  },
  'no archive at all': async (on) => {
    await writeFile(join(on.folder, 'x.zip'), '<html>sorry</html>');
    return [['x.zip'], /is no archive of a kind that Longhaul knows/];
  },
};

for (const [name, make] of Object.entries(evil)) {
  test(`${name}: refused in one sentence, and nothing stands outside the work folder`, all, async (t) => {
    const on = await stage(t);
    const [names, words, kind = 'suspect'] = await make(on);
    const before = (await readdir(on.folder)).sort();
    await assert.rejects(on.run(names), (error: Error & { class?: string }) => {
      assert.match(error.message, words);
      assert.equal(error.class, kind, error.message);
      return true;
    });
    assert.deepEqual((await readdir(on.folder)).sort(), before);
  });
}

test('whatever is cut off or flipped in an archive, it is never taken for a whole one', all, async (t) => {
  const on = await stage(t);
  for (const make of ['zip', '7z', 'tar', 'tar.gz', 'tar.xz', 'tar.bz2 in pax format', 'tar.zst', 'rar']) {
    const [name = ''] = (await makers[make]?.(on)) ?? [];
    const path = join(on.folder, name);
    const whole = await readFile(path);
    // Of a tar, the last block of zeros may be missing.
    const cuts = [whole.length - (make === 'tar' ? 10_240 : 9), Math.floor(whole.length / 2)];
    for (const cut of cuts) {
      await writeFile(path, whole.subarray(0, cut));
      await assert.rejects(on.run([name]), { class: 'suspect' }, `${make} cut at ${cut} of ${whole.length}`);
    }
    if (make === 'tar') continue; // No check sum covers what is in its files.
    const flipped = Buffer.from(whole);
    const at = Math.floor(whole.length / 2);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await writeFile(path, flipped);
    await assert.rejects(on.run([name]), { class: 'suspect' }, `${make} flipped at ${at}`);
    await rm(path);
  }
});

test('limits hold: entries, bytes, and the room on the disk', all, async (t) => {
  const on = await stage(t);
  on.make('7zz', 'a', '-tzip', '../x.zip', '.');
  on.make('tar', 'czf', '../x.tar.gz', '.');
  for (const name of ['x.zip', 'x.tar.gz']) {
    await assert.rejects(on.run([name], { max_entries: 2 }), /more than 2 entries/);
    await assert.rejects(on.run([name], { max_bytes: 10_000 }), /more than 10000 bytes/);
  }
});

test(
  'links inside the archive: a hard link becomes a file of its own, a symbolic one is left out and said',
  all,
  async (t) => {
    const on = await stage(t);
    on.make('ln', 'film.mkv', 'hard');
    await symlink('subs/en.srt', join(on.folder, 'in', 'soft'));
    on.make('tar', 'cf', '../x.tar', '.');
    const result = await on.run(['x.tar']);
    const found = await contents(result, on);
    assert.deepEqual(Object.keys(found).sort(), ['x/empty', 'x/film.mkv', 'x/hard', 'x/subs/en.srt']);
    assert.deepEqual([found['x/hard'], found['x/film.mkv']], [film, film]);
    assert.match(result.note ?? '', /extracted 4 files; 1 symbolic link was left out/);
  },
);

test('without the program that is needed it says which one to install', async (t) => {
  const on = await stage(t);
  await writeFile(join(on.folder, 'x.rar'), rarArchive([{ name: 'a', data: film }]));
  await assert.rejects(on.run(['x.rar'], { unar: '/none/unar' }), {
    class: 'program',
    message: /need the program unar \(extract\.unar\); install it \(Debian: apt install unar\)/,
  });
});

test('stopped in the middle it leaves no program behind', all, async (t) => {
  const on = await stage(t);
  on.make('7zz', 'a', '-mx0', '../x.7z', '.');
  const stopping = new AbortController();
  const bench = stepBench();
  const step = extractKind({ config: defaults as never, disk: realDisk, clock: systemClock }).make('');
  const path = join(on.folder, 'x.7z');
  const files = [{ path, size: (await stat(path)).size, main: true }];
  const context = { files, directory: on.folder, work: join(on.folder, 'work') };
  const original = bench.progress.push.bind(bench.progress);
  bench.progress.push = (...items) => {
    stopping.abort();
    return original(...items);
  };
  await assert.rejects(bench.run(step, context, stopping.signal));
  const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  assert.ok(!running.includes(basename(on.folder)), 'a program still runs');
});

async function replaceIn(path: string, from: string, to: string): Promise<void> {
  const text = (await readFile(path)).toString('latin1').replaceAll(from, to);
  await writeFile(path, Buffer.from(text, 'latin1'));
}

/** Lets the last entry of a zip's directory point to the first one's bytes. */
async function overlap(path: string): Promise<void> {
  const bytes = await readFile(path);
  const directoryEntry = Buffer.from('504b0102', 'hex');
  bytes.writeUInt32LE(0, bytes.lastIndexOf(directoryEntry) + 42);
  await writeFile(path, bytes);
}
