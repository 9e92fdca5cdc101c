import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { progressLine } from '../../../test/support/mega-cmd-lines.ts';
import { LineReader, type MegaProgress, progressOf } from './progress.ts';

const sizes = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

test('every percentage from 0.1 to 100 is read, in every unit, on narrow and wide screens', () => {
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB'] as const) {
    for (const columns of [40, 60, 80, 132, 400]) {
      for (let tenths = 1; tenths <= 1000; tenths += 1) {
        const total = 1000 * sizes[unit];
        const line = progressLine((total * tenths) / 1000, total, tenths / 10, { columns, unit });
        assert.deepEqual(progressOf(line), { bytes: Math.round((total * tenths) / 1000), totalBytes: total }, line);
      }
    }
  }
});

test('lines of the real program are read', () => {
  const megabyte = sizes.MB;
  assert.deepEqual(progressOf('TRANSFERRING ||##############....................||(6085/17049 MB:  35.70 %) '), {
    bytes: Math.round(17049 * megabyte * 0.357),
    totalBytes: 17049 * megabyte,
  });
  assert.deepEqual(progressOf('TRANSFERRING ||################||(1714/1714 MB: 100.00 %) '), {
    bytes: 1714 * megabyte,
    totalBytes: 1714 * megabyte,
  });
  assert.deepEqual(progressOf('TRANSFERRI||(12/34 KB:  35.00 %) ')?.totalBytes, 34 * 1024);
  assert.deepEqual(progressOf('TRANSFERRING ||.||(0/0 KB:   0.00 %) '), { bytes: 0, totalBytes: 0 });
});

test('a line that only looks like it is none', () => {
  for (const line of [
    'Fetching nodes ||####....||(12/34 MB:  35.00 %) ',
    'Download finished: /x/||(12/34 MB:  35.00 %).mkv',
    'Download finished: /x/TRANSFERRING ||(12/34 MB:  35.00 %) ',
    'TRANSFERRING ||####||(12/34 MB: 135.00 %) ',
    'TRANSFERRING ||####||(12/34 XB:  35.00 %) ',
    'TRANSFERRING ||####||(12/99999999999999999999 TB:  35.00 %) ',
  ]) {
    assert.equal(progressOf(line), undefined, line);
  }
});

test('however it is cut into portions, the same lines come out, and nothing else is taken for progress', () => {
  const line = fc.oneof(
    fc
      .record({
        total: fc.integer({ min: 1, max: 2 ** 40 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        columns: fc.integer({ min: 45, max: 200 }),
      })
      .map(({ total, part, columns }) => progressLine(total * part, total, part * 100, { columns })),
    fc.string({ unit: 'binary-ascii' }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(300)), fc.constantFrom('\r', '\n', '\r\n'), (lines, cuts, end) => {
      const whole = lines.map((each) => each + end).join('');
      const heard: string[] = [];
      const reader = new LineReader((each) => heard.push(each));
      let at = 0;
      for (const cut of cuts) {
        reader.take(whole.slice(at, at + cut));
        at += cut;
      }
      reader.take(whole.slice(at));
      reader.end();
      assert.deepEqual(
        heard,
        lines.filter((each) => each !== ''),
      );
      for (const each of heard) {
        const progress: MegaProgress | undefined = progressOf(each);
        if (progress) assert.ok(progress.bytes >= 0 && progress.bytes <= progress.totalBytes);
      }
    }),
  );
});

test('a line without end fills no memory, and what follows it is read', () => {
  const heard: string[] = [];
  const reader = new LineReader((each) => heard.push(each));
  for (let n = 0; n < 100; n += 1) reader.take('#'.repeat(1000));
  reader.take('\rgood\rrest');
  reader.end();
  assert.deepEqual(heard, ['good', 'rest']);
});
