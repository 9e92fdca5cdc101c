import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyMeasure, cutEnd, cutMiddle, measureFor, pad } from './measure.ts';

const measure = await anyMeasure();

test('wide characters and emoji take two columns', () => {
  assert.equal(measure('映画'), 4);
  assert.equal(measure('👩‍👩‍👧 a'), 4);
  assert.equal(measure('plain'), 5);
});

test('texts of ASCII only are measured without loading the tables', async () => {
  const small = await measureFor(['a', 'film.mkv']);
  assert.equal(small('film.mkv'), 8);
  assert.equal((await measureFor(['a', '映']))('映'), 2);
});

test('a name keeps its beginning and its extension', () => {
  assert.equal(cutMiddle('a-very-long-name-of-a-film.mkv', 16, measure), 'a-very-lon…m.mkv');
  assert.equal(cutMiddle('映'.repeat(200), 11, measure), `${'映'.repeat(4)}…映`);
  assert.equal(cutMiddle('short.mkv', 16, measure), 'short.mkv');
  assert.equal(cutEnd('a long sentence', 8, measure), 'a long …');
});

test('padding counts columns, not characters', () => {
  assert.equal(pad('映', 4, measure), '映  ');
  assert.equal(pad('7', 3, measure, 'right'), '  7');
});

test('no cut text is wider than allowed or holds half a character', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 });
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 60 }), fc.constantFrom('…', '...'), (given, columns, mark) => {
      for (const cut of [cutEnd, cutMiddle]) {
        const short = cut(given, columns, measure, mark);
        assert.ok(measure(short) <= columns, `${measure(short)} > ${columns}`);
        assert.ok(short.isWellFormed() || !given.isWellFormed());
        if (measure(given) <= columns) assert.equal(short, given);
      }
    }),
  );
});
