import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UsageError } from './explain.ts';
import { globbed, globCount, numbered } from './globs.ts';

const links = (pattern: string) => [...globbed(pattern)].map(({ link }) => link);

test('a range of numbers keeps its leading zeros and obeys its step', () => {
  assert.deepEqual(links('http://h/[8-11]'), ['http://h/8', 'http://h/9', 'http://h/10', 'http://h/11']);
  assert.deepEqual(links('http://h/[009-011].jpg'), ['http://h/009.jpg', 'http://h/010.jpg', 'http://h/011.jpg']);
  assert.deepEqual(links('http://h/[0-10:5]'), ['http://h/0', 'http://h/5', 'http://h/10']);
  assert.equal(globCount('http://h/[001-120]/[a-z]'), 120 * 26);
});

test('letters and lists, and several globs of which the last turns fastest', () => {
  assert.deepEqual(links('http://h/[a-c]'), ['http://h/a', 'http://h/b', 'http://h/c']);
  assert.deepEqual(links('http://{one,two}.h/[1-2]'), [
    'http://one.h/1',
    'http://one.h/2',
    'http://two.h/1',
    'http://two.h/2',
  ]);
  assert.deepEqual(links('http://h/x{,.sig}'), ['http://h/x', 'http://h/x.sig']);
});

test('what is no glob stays: an IPv6 address, a name in brackets, a date, an escape', () => {
  for (const link of [
    'http://[::1]:80/x',
    'http://me@[fe80::1-2]/',
    'http://h/Film [1080p].mkv',
    'http://h/[2021-05-03] x',
    'http://h/{one}',
    'http://h/{a {b}',
  ])
    assert.deepEqual(links(link), [link]);
  assert.deepEqual(links('http://h/\\[1-2\\]\\{a,b\\}'), ['http://h/[1-2]{a,b}']);
});

test('what was meant as a glob and is none is refused with its fault', () => {
  const rows: readonly [string, RegExp][] = [
    ['http://h/[9-1].jpg', /^the glob \[9-1\] runs backwards; mend it, or take links literally with --no-glob$/],
    ['http://h/[1-9:0]', /step of 0/],
    ['http://h/[a-Z]', /mixes small and capital letters/],
    ['http://h/[1-.txt', /has no end/],
    ['http://h/[1-2', /has no end/],
    ['http://h/{1,2.txt', /^the glob \{1,2\.txt has no end/],
  ];
  for (const [pattern, message] of rows) {
    assert.throws(() => links(pattern), { name: 'UsageError', message });
    assert.throws(() => globCount(pattern), { name: 'UsageError', message });
  }
});

test('in a name #1 is what the first glob became', () => {
  const [first] = globbed('http://h/[01-02]/{a,b}');
  assert.equal(numbered('#2-#1-#3.jpg', first?.parts ?? []), 'a-01-#3.jpg');
});

test('whatever text is given, as many links come as were counted, each once where the globs differ', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('[1-3]', '[01-12:3]', '[a-d]', '{x,y,}', '\\[', '[', '}', '{a,b', '#1', '[::1]'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const pattern = pieces.join('');
      let count: number;
      try {
        count = globCount(pattern);
      } catch (error) {
        assert.ok(error instanceof UsageError);
        return;
      }
      assert.ok(count >= 1);
      if (count < 10_000) assert.equal(links(pattern).length, count);
    }),
  );
});
