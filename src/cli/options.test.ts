import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { duration, fileName, header, metadata, setting, wholeNumber } from './options.ts';

const refused = (run: () => unknown, why: RegExp): void => {
  assert.throws(run, (error) => error instanceof InvalidArgumentError && why.test(error.message));
};

test('whole numbers have a least value', () => {
  assert.equal(wholeNumber(1)('12'), 12);
  for (const text of ['0', '-1', '1.5', '', 'x', '1e3', '99999999999999999999'])
    refused(() => wholeNumber(1)(text), /whole number, 1 or more/);
});

test('times are read with and without a unit', () => {
  assert.equal(duration('30'), 30_000);
  assert.equal(duration('1h30m'), 5_400_000);
  refused(() => duration('soon'), /such as 30s/);
});

test('a header is one line of a name and a value', () => {
  assert.deepEqual(header('X-A:  b ', ['C: d']), ['C: d', 'X-A: b']);
  assert.deepEqual(header('Cookie: a=b; c: d'), ['Cookie: a=b; c: d']);
  refused(() => header('no colon'), /Name: value/);
  refused(() => header('Bad Name: x'), /Name: value/);
  refused(() => header('X: a\r\nHost: evil'), /line breaks/);
  refused(() => header('X: 映'), /Latin-1/);
});

test('no header that passes can begin another one', () => {
  const text = fc
    .array(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('\r\n', '\n', '\r', '\0', ':', ' ')), {
      maxLength: 3,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom('A', 'X-B'), text), text, (name, value) => {
      let given: readonly string[];
      try {
        given = header(`${name}:${value}`);
      } catch (error) {
        assert.ok(error instanceof InvalidArgumentError);
        return;
      }
      for (const line of given) assert.doesNotMatch(line, /[\r\n\0]/);
    }),
  );
});

test('metadata and settings are keys with values', () => {
  assert.deepEqual(metadata('a=b=c', { x: 'y' }), { x: 'y', a: 'b=c' });
  assert.deepEqual(metadata('__proto__=x'), JSON.parse('{"__proto__":"x"}'));
  assert.deepEqual(metadata('a='), { a: '' });
  refused(() => metadata('=b'), /KEY=VALUE/);
  assert.deepEqual(setting('queue.slots=2', ['a=b']), ['a=b', 'queue.slots=2']);
  refused(() => setting('queue.slots'), /key=value/);
});

test('a file name is a name, not a path, and fits a disk', () => {
  assert.equal(fileName('film (1).mkv'), 'film (1).mkv');
  for (const path of ['../../x', 'a/b', 'a\\b', '..', '.'])
    refused(() => fileName(path), /not a path; name the folder with --dir/);
  for (const empty of ['', '  ', 'a\nb']) refused(() => fileName(empty), /empty or contain control/);
  refused(() => fileName('映'.repeat(100)), /300 bytes long and a file name can have 255/);
});
