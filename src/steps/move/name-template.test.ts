import assert from 'node:assert/strict';
import { join, resolve, sep } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { fillTemplate, placeholders, readTemplate } from './name-template.ts';
import { planLegs } from './plan.ts';
import { releaseValues } from './release-name.ts';

const filled = (template: string, values: Parameters<typeof fillTemplate>[1]) =>
  fillTemplate(readTemplate(template), values).join('/');

test('what is known goes into the template, what is not leaves neither brackets nor folders', () => {
  const film = { name: 'x', title: 'The Matrix', year: '1999', category: 'films' };
  assert.equal(filled('{category}/{title} ({year})', film), 'films/The Matrix (1999)');
  assert.equal(filled('{category}/{title} ({year})/{name}', { name: 'x', title: 'Holiday' }), 'Holiday/x');
  assert.equal(filled('{title} - {year}', { name: 'x', title: 'Holiday' }), 'Holiday');
  assert.equal(filled('{year}', { name: 'x' }), 'x');
  assert.equal(filled('{title}/S{season}E{episode}', { title: 'Show', season: '02', episode: '05' }), 'Show/S02E05');
});

test('a template that leaves its folder, or means nothing, is refused in words', () => {
  for (const text of [
    '/etc/{name}',
    '~/x',
    'C:\\x',
    '../{name}',
    'a/../b',
    'a/. /b',
    '',
    '/',
    '{titel}',
    '{name',
    'a\\b',
  ]) {
    assert.throws(
      () => readTemplate(text),
      (error) => error instanceof Failure && error.class === 'link',
      text,
    );
  }
  assert.throws(() => readTemplate('{titel}'), /\{title\} \{year\}.*\{titel\} is not known/);
});

test('a release name tells title, year, season and episode, any other is its own title', () => {
  assert.deepEqual(releaseValues('The.Matrix.1999.1080p.BluRay.x264-GROUP'), {
    title: 'The Matrix',
    year: '1999',
    resolution: '1080p',
  });
  assert.partialDeepStrictEqual(releaseValues('1917.2019.1080p'), { title: '1917', year: '2019' });
  assert.partialDeepStrictEqual(releaseValues('Some.Show.S02E05.Title.720p'), {
    title: 'Some Show',
    season: '02',
    episode: '05',
  });
  assert.deepEqual(releaseValues('ubuntu-24.04-desktop-amd64'), { title: 'ubuntu-24.04-desktop-amd64' });
  assert.deepEqual(releaseValues('holiday'), { title: 'holiday' });
});

test('a file of a short name is called as the release in whose folder it lies, never as any other folder', () => {
  assert.partialDeepStrictEqual(releaseValues('show', 'Some.Show.S02E05.1080p'), { title: 'Some Show', episode: '05' });
  assert.partialDeepStrictEqual(releaseValues('Film.2001', 'Some.Show.S02E05.1080p'), { title: 'Film', year: '2001' });
  for (const folder of ['', 'Downloads', 'films 2023', '2024']) {
    assert.deepEqual(releaseValues('show', folder), { title: 'show' });
  }
});

test('whatever the names say, files stay below the root, one name each', () => {
  const root = resolve('/media');
  const anyName = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('..', '../..', '/etc', 'a/../..', '.', '-y', '\0'),
  );
  const anyTemplate = fc
    .array(
      fc.constantFrom(...Object.keys(placeholders).map((name) => `{${name}}`), 'x', ' ', '(', ')', '/', '-', '.'),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      anyTemplate,
      fc.dictionary(fc.constantFrom(...Object.keys(placeholders)), anyName),
      anyName,
      (text, values, name) => {
        let template: ReturnType<typeof readTemplate>;
        try {
          template = readTemplate(text);
        } catch {
          return;
        }
        const all = { ...releaseValues(name), ...values };
        for (const part of fillTemplate(template, all)) {
          assert.ok(part !== '' && part !== '.' && part !== '..' && !/[/\\\0]/.test(part));
          assert.ok(Buffer.byteLength(part) <= 255);
        }
        for (const files of [['/d/a.mkv'], ['/d/s/a.mkv', '/d/b.nfo']]) {
          const legs = planLegs(
            files.map((path) => ({ path, size: 1 })),
            root,
            template,
            all,
          );
          for (const { to } of legs) assert.ok(to.startsWith(root + sep));
          assert.equal(new Set(legs.map(({ to }) => to)).size, files.length);
        }
      },
    ),
  );
});

test('one file gets the name of the template and its own ending, several keep theirs in a folder of that name', () => {
  const legs = (files: readonly string[], template: string) =>
    planLegs(
      files.map((path) => ({ path, size: 1 })),
      '/m',
      readTemplate(template),
      { name: 'n', title: 'T', year: '1' },
    ).map(({ to }) => to);
  assert.deepEqual(legs(['/d/a.MKV'], '{title} ({year})'), [join('/m', 'T (1).MKV')]);
  assert.deepEqual(legs(['/d/a.tar.gz'], '{title}/'), [join('/m', 'T', 'a.tar.gz')]);
  assert.deepEqual(legs(['/d/x/a.mkv', '/d/x/subs/en.srt'], '{title}'), [
    join('/m', 'T', 'a.mkv'),
    join('/m', 'T', 'subs', 'en.srt'),
  ]);
});
