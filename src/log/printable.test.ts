import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { harmless, harmlessColoured, printable } from './printable.ts';

/** Everything that a terminal may act upon. */
const acting = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

test('a name that would clear the screen does not', () => {
  assert.equal(printable('a\u001b[2Jb.mkv'), 'ab.mkv');
  assert.equal(printable('a\u001b]0;title\u0007b'), 'ab');
  assert.equal(printable('a\u009b2Jb'), 'ab');
  assert.equal(printable('one\ntwo\rthree\tfour'), 'one\uFFFDtwo\uFFFDthree\uFFFDfour');
  assert.equal(printable('gpj.\u202Eexe'), 'gpj.\uFFFDexe');
  assert.equal(printable('\u001b[31mred\u001b[0m'), 'red');
});

test('what people write stays as it is', () => {
  for (const text of ['Amélie (2001).mkv', '千と千尋の神隠し', 'فيلم', '👩‍👩‍👧', ''])
    assert.equal(printable(text), text);
});

test('of a text for people the lines stay, and of our own the colours', () => {
  assert.equal(harmless('a\n\tb\u001b[31m'), 'a\n\tb');
  assert.equal(harmlessColoured('\u001b[32mok\u001b[39m \u001b[2Jx\u001b'), '\u001b[32mok\u001b[39m x\uFFFD');
});

test('no text at all gets a control through', () => {
  const nasty = fc.array(
    fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '2J',
      ';',
      'm',
      '31',
      '\u009b',
      '\u0007',
      '\u009d',
      'P',
      '\\',
      'x',
      '\n',
      '\u202e',
      '\ud800',
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        nasty.map((parts) => parts.join('')),
      ),
      (text) => {
        assert.doesNotMatch(printable(text), /[\n\t]/);
        assert.doesNotMatch(printable(text), acting);
        assert.doesNotMatch(harmless(text), acting);
        assert.doesNotMatch(harmlessColoured(text).replaceAll(new RegExp(`${'\u001b'}\\[[\\d;]*m`, 'g'), ''), acting);
      },
    ),
    { numRuns: 2000 },
  );
});
