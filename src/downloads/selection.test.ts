import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from './failure.ts';
import { parseFilePriorities, parseSelect, wantedOf } from './selection.ts';

const files = ['Film/film.mkv', 'Film/film.nfo', 'Film/Extras/a.mkv', 'Film/Extras/sample.MKV'].map((path) => ({
  path,
}));

function chosen(text: string): number[] {
  return wantedOf(files, { select: parseSelect(text) }).flatMap(({ selected }, at) => (selected ? [at + 1] : []));
}

test('files are chosen by number, range, name and path', () => {
  assert.deepEqual(chosen('1'), [1]);
  assert.deepEqual(chosen('1,3-4'), [1, 3, 4]);
  assert.deepEqual(chosen('2-'), [2, 3, 4]);
  assert.deepEqual(chosen('*.mkv'), [1, 3, 4]);
  assert.deepEqual(chosen('*.mkv,!*sample*'), [1, 3]);
  assert.deepEqual(chosen('!*.nfo'), [1, 3, 4]);
  assert.deepEqual(chosen('extras/*'), [3, 4]);
  assert.deepEqual(chosen('Film/film.???'), [1, 2]);
  assert.deepEqual(chosen('all'), [1, 2, 3, 4]);
  assert.deepEqual(
    wantedOf(files, {}).map(({ selected }) => selected),
    [true, true, true, true],
  );
});

test('a choice of nothing is refused with what to do', () => {
  assert.throws(
    () => chosen('9,*.avi'),
    (error) =>
      error instanceof Failure && error.class === 'link' && /none of its 4 files.*9,\*\.avi/.test(error.message),
  );
  for (const text of ['', '1,,2', '0', '5-3', '!']) assert.throws(() => parseSelect(text), RangeError, text);
});

test('priorities are chosen likewise, the last word counts', () => {
  const wanted = wantedOf(files, { filePriorities: parseFilePriorities('*.mkv=high,4=low') });
  assert.deepEqual(
    wanted.map(({ priority }) => priority),
    [1, 0, 1, -1],
  );
  for (const text of ['', '1', '1=highest', '=high', '!1=high']) {
    assert.throws(() => parseFilePriorities(text), RangeError, text);
  }
});

test('a pattern fits as its regular expression would, and none takes long', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      letters,
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 }),
      (pattern, name) => {
        const form = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        const fits = wantedOf([{ path: name }, { path: 'always' }], { select: [pattern, 'always'] })[0]?.selected;
        assert.equal(fits, form.test(name), `${pattern} ${name}`);
      },
    ),
  );
  const before = performance.now();
  assert.throws(() => wantedOf([{ path: 'a'.repeat(4000) }], { select: ['*a*a*a*a*a*a*a*a*a*b'] }), Failure);
  assert.ok(performance.now() - before < 1000);
});
