import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/runs.ts';
import { statuses } from '../downloads/states.ts';
import { type Canvas, frameLines, type Row } from './frame.ts';
import { lookOf } from './look.ts';
import { anyMeasure } from './measure.ts';

const measure = await anyMeasure();
const canvas = (columns: number, change: Partial<Canvas> = {}): Canvas => ({
  columns,
  rows: 24,
  look: lookOf({ colour: false, unicode: true }),
  measure,
  tick: 0,
  ...change,
});
const row: Row = {
  name: 'film.mkv',
  status: 'downloading',
  bytes: 545_000_000,
  totalBytes: 1_200_000_000,
  speed: 12_300_000,
  eta: 53_000,
};
const one = { all: 1, done: 0, failed: 0 };

test('one download has its name, bar, percentage, amount, speed and time left on one line', () => {
  assert.deepEqual(frameLines([row], one, canvas(100)), [
    '↓ film.mkv  ██████████████▌░░░░░░░░░░░░░░░░░  45.4 %    545 MB of 1.2 GB   12.3 MB/s      53 s left',
  ]);
});

test('a narrow terminal leaves out what it must, the size of the whole and the speed last', () => {
  const [at60 = ''] = frameLines([row], one, canvas(60));
  for (const part of ['film.mkv', '█', '45.4 %', '1.2 GB', '12.3 MB/s', '53 s'])
    assert.ok(at60.includes(part), `${part} in ${at60}`);
  const [at30 = ''] = frameLines([row], one, canvas(30));
  for (const part of ['film.mkv', '45.4 %']) assert.ok(at30.includes(part), `${part} in ${at30}`);
});

test('at 40 columns there is no bar, but speed and time left', () => {
  const [line = ''] = frameLines([row], one, canvas(40));
  for (const part of ['film.mkv', '45.4 %', '12.3 MB/s', '53 s']) assert.ok(line.includes(part), `${part} in ${line}`);
  assert.doesNotMatch(line, /[█░]/);
});

test('at 80 columns a step with a short name is not cut', () => {
  const [line = ''] = frameLines([{ ...row, name: 'convert: film.mp4' }], one, canvas(80));
  assert.match(line, /^↓ convert: film\.mp4 [█▏▎▍▌▋▊▉░]{10,} /);
});

test('of many downloads only the active ones are drawn, and a line counts the others', () => {
  const rows = [
    row,
    { ...row, name: 'b', status: 'pending' as const },
    { ...row, name: 'c', status: 'retrying' as const, waiting: 'next try at 14:05:09: refused' },
  ];
  const lines = frameLines(rows, { all: 9, done: 3, failed: 1 }, canvas(100));
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^↓ film\.mkv/);
  assert.match(lines[1] ?? '', /^↺ c\s+next try at 14:05:09: refused$/);
  assert.equal(lines[2], '  3 of 9 done · 1 failed · 1 running · 4 waiting · 12.3 MB/s');
});

test('an unknown size shows what came and a block that wanders', () => {
  const unknown = { ...row, totalBytes: null, eta: null };
  const [first = ''] = frameLines([unknown], one, canvas(100));
  const [later = ''] = frameLines([unknown], one, canvas(100, { tick: 3 }));
  assert.match(first, /545 MB +12\.3 MB\/s$/);
  assert.notEqual(first, later);
});

test('a step that has told nothing yet has no figures, since nobody knows what it counts', () => {
  const nothing = { current: 0, total: null, unit: 'bytes', percentage: null, speed: 0, eta: null } as const;
  const progress = { operation: 'convert', status: 'starting', message: '', ...nothing } as unknown as NonNullable<
    Row['progress']
  >;
  const [line = ''] = frameLines([{ ...row, status: 'processing', progress }], one, canvas(100));
  assert.match(line, /^\S film\.mkv {2}[░█]+$/u);
});

test('without Unicode nothing but ASCII is drawn', () => {
  const look = lookOf({ colour: false, unicode: false });
  const rows = [row, { ...row, name: 'a-very-long-name-'.repeat(9) }, { ...row, totalBytes: null }];
  for (const line of frameLines(rows, { all: 3, done: 0, failed: 0 }, canvas(80, { look })))
    assert.match(line, /^[\x20-\x7e]*$/);
});

test('no line fills the terminal and no frame is higher than it, whatever is drawn', () => {
  const anyRow: fc.Arbitrary<Row> = fc.record({
    name: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 250 }).map((name) => name.replace(/\p{Cc}/gu, '')),
      fc.constant('映'.repeat(200)),
      fc.constant('👩‍👩‍👧🎬'.repeat(30)),
    ),
    status: fc.constantFrom(...statuses),
    bytes: fc.nat(),
    totalBytes: fc.option(fc.maxSafeNat()),
    speed: fc.double({ min: 0, max: 1e12, noNaN: true }),
    eta: fc.option(fc.maxSafeNat()),
    waiting: fc.option(
      fc.string({ maxLength: 200 }).map((text) => text.replace(/\p{Cc}/gu, '')),
      { nil: undefined },
    ),
  });
  const colour = lookOf({ colour: true, unicode: true });
  fc.assert(
    fc.property(
      fc.array(anyRow, { maxLength: 40 }),
      fc.constantFrom(20, 40, 60, 71, 72, 80, 89, 90, 120, 200),
      fc.boolean(),
      (rows, columns, coloured) => {
        const lines = frameLines(
          rows,
          { all: rows.length, done: 0, failed: 0 },
          canvas(columns, coloured ? { look: colour } : {}),
        );
        assert.ok(lines.length < 24);
        for (const line of lines) assert.ok(measure(line) < columns, `${measure(line)} of ${columns}: ${line}`);
      },
    ),
    { numRuns: runs(75) },
  );
});
