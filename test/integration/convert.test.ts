import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Failure, FailureClass } from '../../src/downloads/failure.ts';
import { expectedBytes } from '../../src/steps/convert/presets.ts';
import { convertStage, convertWith, fileAt } from '../support/convert-stage.ts';
import { durationOfFile, ffmpeg, makeMedia, mediaFolder } from '../support/media.ts';
import { needs } from '../support/needs.ts';
import { needsSmallVolume, smallVolume } from '../support/small-volume.ts';
import { stepBench } from '../support/step-run.ts';

const needed = needs('ffmpeg', 'ffprobe');

async function refused(t: TestContext, options: string, make: (folder: string) => string, kind = convertWith()) {
  const { folder, work } = await convertStage(t);
  const path = make(folder);
  const bench = stepBench();
  const error = await bench.run(kind.make(options), { files: [fileAt(path)], directory: folder, work }).then(
    () => undefined,
    (thrown: Failure) => thrown,
  );
  assert.ok(error, 'it is refused');
  assert.deepEqual(readdirSync(work), [], 'nothing is left behind');
  return error;
}

test(
  'a film becomes AAC at the bitrate asked for, with progress from 0 to the end and never back',
  needed,
  async (t) => {
    const { folder, work } = await convertStage(t);
    const film = makeMedia(folder, '-y film;%d.mp4', { video: 4, audio: 4 });
    const bench = stepBench();
    const { files = [] } = await bench.run(convertWith().make('aac:128'), {
      files: [fileAt(film)],
      directory: folder,
      work,
    });
    assert.equal(files.length, 1);
    const [result] = files;
    assert.equal(result?.path, join(work, '_y film;%d_128kbps.m4a'));
    assert.equal(result?.size, statSync(result?.path ?? '').size);
    assert.equal(statSync(result?.path ?? '').mode & 0o777, 0o640, 'whoever may read a download may read it');
    assert.ok(Math.abs(durationOfFile(result?.path ?? '') - 4000) < 100);
    const currents = bench.progress.map(({ current }) => current);
    assert.deepEqual(
      currents,
      currents.toSorted((a, b) => a - b),
    );
    assert.equal(bench.progress[0]?.current, 0);
    assert.equal(bench.progress.at(-1)?.current, bench.progress.at(-1)?.total);
  },
);

test('a size that is too much at one bitrate is measured, and the next lower one tried', needed, async (t) => {
  const { folder, work } = await convertStage(t);
  const args = ['-metadata', `comment=${'what nobody reckons with '.repeat(1000)}`];
  const sound = makeMedia(folder, 'sound.mka', { audio: 8, args: ['-c:a', 'pcm_s16le', ...args] });
  const bench = stepBench();
  const files = [fileAt(sound)];
  const maxSize = expectedBytes(128, 8000) + 1000;
  const result = await bench.run(convertWith().make(`mp3,max_size=${maxSize}`), { files, directory: folder, work });
  assert.deepEqual(
    result.files?.map(({ path }) => path),
    [join(work, 'sound_96kbps.mp3')],
  );
  assert.ok((result.files?.[0]?.size ?? maxSize + 1) <= maxSize);
  assert.match(bench.notes.join(), /^at 128 kbps it is \d+ kB, more than \d+ kB$/);
  assert.deepEqual(readdirSync(work).length, 1);
});

test(
  'of several files each film and sound is converted, the others are handed on; after a crash none twice',
  needed,
  async (t) => {
    const { folder, work } = await convertStage(t);
    const a = makeMedia(folder, 'a.wav', { audio: 1 });
    mkdirSync(join(folder, 'more'));
    const b = makeMedia(join(folder, 'more'), 'a.flac', { audio: 1 });
    writeFileSync(join(folder, 'read.me'), 'text');
    const files = [a, b, join(folder, 'read.me')].map((path) => ({ ...fileAt(path), main: path === b }));
    const bench = stepBench(async () => {
      if (bench.mark === undefined) return;
      throw new Error('the process dies here');
    });
    const step = convertWith().make('aac:64');
    await assert.rejects(bench.run(step, { files, directory: folder, work }));
    const first = statSync(join(work, 'a_64kbps.m4a')).mtimeMs;
    const second = stepBench();
    second.mark = bench.mark;
    const result = await second.run(step, { files, directory: folder, work });
    assert.deepEqual(
      result.files?.map(({ path, main }) => [path, main]),
      [
        [join(work, 'a_64kbps.m4a'), false],
        [join(work, 'a_64kbps (2).m4a'), true],
        [join(folder, 'read.me'), false],
      ],
    );
    assert.equal(result.note, 'left as it was: read.me');
    assert.equal(statSync(join(work, 'a_64kbps.m4a')).mtimeMs, first);
  },
);

test('of several files one that is damaged stops no other: it is handed on, and said', needed, async (t) => {
  const { folder, work } = await convertStage(t);
  const whole = makeMedia(folder, 'whole.flac', { audio: 1 });
  const cut = written(folder, 'cut.flac', readFileSync(whole).subarray(0, -9000));
  const page = written(folder, 'page.mkv', '<html>not found</html>');
  const files = [cut, whole, page, written(folder, 'a.srt', '1')].map((path) => ({
    ...fileAt(path),
    main: path === cut,
  }));
  const result = await stepBench().run(convertWith().make('aac:64'), { files, directory: folder, work });
  assert.deepEqual(
    result.files?.map(({ path, main }) => [path, main]),
    [[join(work, 'whole_64kbps.m4a'), true], ...[cut, page, join(folder, 'a.srt')].map((path) => [path, false])],
  );
  assert.match(
    result.warning ?? '',
    /^2 of 3 could not be converted and stay as they were: .*page\.mkv \(the file is a text, .*\)/,
  );
  assert.match(result.warning ?? '', /cut\.flac \(.*(?:cut off|damaged).*\)/);
  assert.equal(result.note, 'left as it was: a.srt');
  assert.deepEqual(readdirSync(work), ['whole_64kbps.m4a']);
});

const bad: readonly (readonly [string, string, (folder: string) => string, FailureClass, RegExp])[] = [
  [
    'a playlist that is called a film',
    'remux',
    (folder) => evilPlaylist(folder),
    'media',
    /is a text, such as a playlist/,
  ],
  ['an empty file', 'aac', (folder) => written(folder, 'empty.mp4', ''), 'media', /empty/],
  [
    'something else',
    'aac',
    (folder) => written(folder, 'noise.mp4', 'noise '.repeat(5000)),
    'media',
    /no film or sound/,
  ],
  ['a film without sound', 'aac', (folder) => makeMedia(folder, 'v.mp4', { video: 1 }), 'media', /no sound/],
  ['sound without a picture', 'thumbnail', (folder) => makeMedia(folder, 'a.mp3', { audio: 1 }), 'media', /no picture/],
  ['a film that was cut off', 'aac', (folder) => cutFilm(folder, 'cut.mkv'), 'media', /cut off/],
  ['music that was cut off', 'aac', (folder) => cutFilm(folder, 'cut.flac'), 'media', /cut off|damaged/],
  ['a film whose index was cut off', 'aac', (folder) => cutFilm(folder, 'cut.mp4'), 'media', /no index|cut off/],
  ['an encrypted film', 'remux', (folder) => encrypted(folder), 'media', /encrypted \(DRM\)/],
];
for (const [what, options, make, kind, message] of bad) {
  test(`${what} is refused in a sentence, and nothing of it is left`, needed, async (t) => {
    const error = await refused(t, options, make);
    assert.equal(error.class, kind, error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|file:|\bat .*:\d/);
  });
}

test('what lies beside is never read by way of a playlist, whatever the file is called', needed, async (t) => {
  const { folder, work } = await convertStage(t);
  makeMedia(folder, 'secret.ts', { audio: 1 });
  const evil = evilPlaylist(folder);
  const kind = convertWith({ convert: { presets: { any: { arguments: ['-c', 'copy'], extension: 'ts' } } } });
  await assert.rejects(stepBench().run(kind.make('any'), { files: [fileAt(evil)], directory: folder, work }));
  assert.deepEqual(readdirSync(work), []);
});

test('without ffmpeg it is said how to install it', async (t) => {
  const path = (folder: string) => written(folder, 'x.mp4', 'x');
  const error = await refused(
    t,
    'aac',
    path,
    convertWith({ ffmpeg: { program: '/nowhere/ffmpeg', stalled_after: 60_000 } }),
  );
  assert.equal(error.class, 'program');
  assert.match(error.message, /apt install ffmpeg/);
});

test('a full disk is a wait for space, and what was written is given back', {
  ...needed,
  ...needsSmallVolume(),
}, async (t) => {
  const { folder } = await convertStage(t);
  const sound = makeMedia(folder, 'long.wav', { args: ['-f', 'lavfi', '-i', 'anoisesrc=d=20'] });
  using volume = smallVolume(1);
  const work = join(volume.path, 'work');
  mkdirSync(work);
  await assert.rejects(
    stepBench().run(convertWith().make('flac'), { files: [fileAt(sound)], directory: volume.path, work }),
    (error: Failure) => error.class === 'no_space' && error.retry.when === 'later',
  );
  assert.deepEqual(readdirSync(work), []);
});

/** A program in the place of ffmpeg that does as the script says. */
function pretender(folder: string, script: string): string {
  const path = join(folder, 'pretender');
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

test('an ffmpeg that does not get on is ended after the time for that, and tried again', needed, async (t) => {
  const error = await refused(t, 'aac', (folder) => makeMedia(folder, 'a.wav', { audio: 1 }), await stalling(t));
  assert.deepEqual([error.class, error.retry.when], ['program', 'now']);
  assert.match(error.message, /no progress for 0.4 s/);
});

async function stalling(t: TestContext) {
  const program = pretender(
    await mediaFolder(t),
    'while :; do echo out_time_us=5; echo progress=continue; exec sleep 60; done',
  );
  return convertWith({ ffmpeg: { program, stalled_after: 400 } });
}

test('an ffmpeg that is killed is tried again', needed, async (t) => {
  const program = pretender(await mediaFolder(t), 'kill -9 $$');
  const error = await refused(
    t,
    'aac',
    (folder) => makeMedia(folder, 'a.wav', { audio: 1 }),
    convertWith({ ffmpeg: { program } }),
  );
  assert.deepEqual([error.class, error.retry.when], ['program', 'now']);
});

test(
  'whoever cancels waits no longer than for a gentle stop, and a stray of an earlier process is ended',
  needed,
  async (t) => {
    const { folder, work } = await convertStage(t);
    const film = makeMedia(folder, 'long.wav', { audio: 200 });
    const cancel = new AbortController();
    const bench = stepBench();
    const isUnderWay = Promise.withResolvers<void>();
    const step = convertWith().make('opus:256');
    const { push } = bench.progress;
    bench.progress.push = (...told) => {
      if (told.some(({ current }) => current > 0)) isUnderWay.resolve();
      return push.apply(bench.progress, told);
    };
    const run = bench.run(step, { files: [fileAt(film)], directory: folder, work }, cancel.signal);
    await isUnderWay.promise;
    const stray = (await import('node:child_process')).spawn(
      'ffmpeg',
      ['-v', 'quiet', '-nostdin', '-re', '-f', 'lavfi', '-i', 'sine', '-f', 'wav', `file:${join(work, 'stray.wav')}`],
      { stdio: 'ignore' },
    );
    const strayEnd = new Promise((resolve) => stray.on('exit', (_code, signal) => resolve(signal)));
    cancel.abort(new Error('cancelled'));
    await assert.rejects(run, /cancelled/);
    assert.ok(!readdirSync(work).includes('long_256kbps.opus'));
    const short = makeMedia(folder, 'short.wav', { audio: 1 });
    await stepBench().run(step, { files: [fileAt(short)], directory: folder, work });
    assert.equal(await strayEnd, 'SIGKILL');
  },
);

function written(folder: string, name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function evilPlaylist(folder: string): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:1',
    '#EXTINF:1,',
    `file://${folder}/secret.ts`,
    '#EXT-X-ENDLIST',
    '',
  ];
  return written(folder, 'film.mp4', lines.join('\n'));
}

function cutFilm(folder: string, name: string): string {
  const isSound = name.endsWith('.flac');
  const whole = makeMedia(folder, `whole-${name}`, isSound ? { audio: 20 } : { video: 3, audio: 3 });
  const path = join(folder, name);
  copyFileSync(whole, path);
  truncateSync(path, Math.floor(readFileSync(whole).length * 0.6));
  return path;
}

function encrypted(folder: string): string {
  const plain = makeMedia(folder, 'plain.mp4', { video: 1, audio: 1 });
  const path = join(folder, 'encrypted.mp4');
  const key = '76a6c65c5ea762046bd749a2e632ccbb';
  ffmpeg([
    '-i',
    plain,
    '-c',
    'copy',
    '-encryption_scheme',
    'cenc-aes-ctr',
    '-encryption_key',
    key,
    '-encryption_kid',
    key,
    path,
  ]);
  return path;
}
