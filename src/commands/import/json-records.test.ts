import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../test/support/runs.ts';
import { type JsonRecord, RecordReader } from './json-records.ts';

function read(text: string, within: string | null = null, pieces: readonly string[] = [text]): JsonRecord[] {
  const reader = new RecordReader(within);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

const keys = (found: readonly JsonRecord[]) => found.flatMap((one) => ('value' in one ? [one.key] : []));
const wrongs = (found: readonly JsonRecord[]) => found.flatMap((one) => ('wrong' in one ? [[one.line, one.key]] : []));

const records = fc.dictionary(
  fc.string({ maxLength: 8, unit: 'grapheme' }),
  fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue()),
  { maxKeys: 8 },
);
const written = fc.record({ records, indent: fc.constantFrom(0, 1, 2, 4, '\t') });

/** The text in random pieces. */
function split(text: string, cuts: readonly number[]): string[] {
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, at) => text.slice(at === 0 ? 0 : ends[at - 1], end));
}

test('of a whole file every record comes back, however it is written and in whatever pieces it arrives', () => {
  fc.assert(
    fc.property(written, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (given, cuts, nested) => {
      const all = JSON.parse(JSON.stringify(given.records)) as Record<string, unknown>;
      const text = JSON.stringify(nested ? { a: { x: {} }, in: all, z: [{}] } : all, null, given.indent);
      const found = read(text, nested ? 'in' : null, split(text, cuts));
      assert.deepEqual(
        found.map((one) => ('value' in one ? [one.key, one.value] : one)),
        Object.entries(all),
      );
    }),
    { numRuns: runs(60) },
  );
});

test('any text at all gives answers, in lines that it has, and the same ones in any pieces', () => {
  const pretty = written.map((given) => JSON.stringify({ in: given.records }, null, given.indent));
  const damaged = fc
    .tuple(pretty, fc.nat(), fc.nat({ max: 20 }), fc.string({ maxLength: 5 }))
    .map(([text, at, length, other]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + other + text.slice(from + length);
    });
  const any = fc.oneof(
    damaged,
    fc.string(),
    fc.string({ unit: fc.constantFrom('{', '}', '"', ':', ',', '\n', 'a', '[', ']', '\\', '\0') }),
  );
  fc.assert(
    fc.property(any, fc.array(fc.nat(), { maxLength: 20 }), fc.constantFrom('in', null), (text, cuts, within) => {
      const found = read(text, within);
      const lines = text.split('\n').length;
      for (const { line } of found) assert.ok(line >= 1 && line <= lines);
      assert.deepEqual(read(text, within, split(text, cuts)), found);
    }),
    { numRuns: runs(200) },
  );
});

test('in a file with one record a line or more, damage costs the record it is in and no other', () => {
  const all = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [`id-${n}`, { url: `https://host/${n}`, more: { deep: ['a', { b: n }] } }]),
  );
  fc.assert(
    fc.property(
      fc.nat({ max: 7 }),
      fc.constantFrom('"url"', '"', '{', '}', '[', ']', ',', ':'),
      fc.constantFrom('', '\0\0\0', '{', '"', '}', ']]', '\\'),
      fc.boolean(),
      (victim, lost, instead, nested) => {
        const text = JSON.stringify(nested ? { in: all } : all, null, 2);
        const [start, end] = [text.indexOf(`"https://host/${victim}"`), text.indexOf(`"id-${victim + 1}"`)];
        const body = text.slice(start, end);
        // The comma behind it, and what lies before the next record, are not part of it.
        const inner = body.slice(0, body.lastIndexOf('\n    }') + 1);
        const damaged = text.slice(0, start) + inner.replace(lost, instead) + text.slice(start + inner.length);
        const good = keys(read(damaged, nested ? 'in' : null));
        for (let n = 0; n < 9; n += 1) if (n !== victim) assert.ok(good.includes(`id-${n}`), `${n} of ${damaged}`);
      },
    ),
    { numRuns: runs(60) },
  );
});

test('in a file of one line a lost quote costs the record it is in, and at most the next', () => {
  const entry = (id: string) => [id, { url: `https://host/${id}`, more: { deep: [1] }, last: { b: 'c' } }] as const;
  const ids = Array.from({ length: 9 }, (_, n) => `id-${n}`);
  const text = JSON.stringify({ in: Object.fromEntries(ids.map(entry)) });
  for (const lost of ['"https', '"c"', '"url":"']) {
    const at = text.indexOf(lost, text.indexOf('"id-3"'));
    for (const instead of [lost.slice(1), lost.slice(0, -1)]) {
      const found = read(text.slice(0, at) + instead + text.slice(at + lost.length), 'in');
      const good = new Set(keys(found));
      const missing = ids.filter((id) => !good.has(id));
      assert.ok(missing.length <= 2 && missing.every((id) => id === 'id-3' || id === 'id-4'), `${lost}: ${missing}`);
    }
  }
});

test('a file that was cut gives everything before the cut, and says where it is', () => {
  const text = JSON.stringify({ a: { url: 1 }, b: { url: 2 }, c: { url: 3 } }, null, 2);
  const cut = read(text.slice(0, text.indexOf('3')));
  assert.deepEqual(keys(cut), ['a', 'b']);
  assert.deepEqual(cut.at(-1), { line: 8, key: 'c', wrong: 'the file ends in the middle of it' });
  assert.deepEqual(read('{"a": {}').at(-1), { line: 1, key: null, wrong: 'the file ends in the middle' });
});

test('a value that is no object, an invalid record and one that is too long are told with their lines', () => {
  assert.deepEqual(wrongs(read('{\n"a": 1,\n"b": {},\n"c": null}')), [
    [2, 'a'],
    [4, 'c'],
  ]);
  assert.deepEqual(wrongs(read('{"a": {"x": nothing}, "b": {}}')), [[1, 'a']]);
  const long = read(`{"a": {"x": "${'y'.repeat(5 << 20)}"},\n "b": {}}`);
  assert.deepEqual([keys(long), wrongs(long)], [['b'], [[1, 'a']]]);
});
