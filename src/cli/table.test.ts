import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyMeasure } from './measure.ts';
import { tableLines } from './table.ts';

const measure = await anyMeasure();
const columns = [
  { title: 'ID', align: 'right' },
  { title: 'NAME', shrinks: true },
  { title: 'SIZE', align: 'right' },
] as const;
const row = (...texts: string[]): { text: string }[] => texts.map((text) => ({ text }));

test('columns are as wide as what stands in them', () => {
  const lines = tableLines(columns, [row('7', 'film.mkv', '1.2 GB'), row('12', '映画', '5 B')], {
    columns: 80,
    measure,
    ellipsis: '…',
  });
  assert.deepEqual(lines, ['ID  NAME        SIZE', ' 7  film.mkv  1.2 GB', '12  映画         5 B']);
});

test('one column gives way when the terminal is narrow', () => {
  const lines = tableLines(columns, [row('7', 'a-long-name-of-a-film.mkv', '1.2 GB')], {
    columns: 24,
    measure,
    ellipsis: '…',
  });
  assert.equal(measure(lines[1] ?? ''), 24);
  assert.match(lines[1] ?? '', /^ 7 {2}a-lon.*….*mkv {2}1\.2 GB$/);
});

test('cells are painted after they have their width', () => {
  const painted = [{ text: 'x', paint: (text: string) => `<${text}>` }, { text: 'y' }, { text: 'z' }];
  assert.deepEqual(tableLines(columns, [painted], { columns: 80, measure, ellipsis: '…' })[1], '< x>  y        z');
});

test('no line is wider than the terminal, whatever the names', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replace(/\p{Cc}/gu, ''));
  fc.assert(
    fc.property(fc.array(name), fc.integer({ min: 40, max: 200 }), (names, width) => {
      const rows = names.map((text, n) => row(String(n), text, '999 MB'));
      for (const line of tableLines(columns, rows, { columns: width, measure, ellipsis: '…' }))
        assert.ok(measure(line) <= width);
    }),
  );
});
