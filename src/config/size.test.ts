import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSize, parseSize, sizeForm } from './size.ts';

test('sizes are read as a person writes them, decimal and binary', () => {
  for (const [text, bytes] of [
    ['10MB', 10_000_000],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['1.5 GB', 1_500_000_000],
    ['10kb', 10_000],
    ['7B', 7],
    ['1234', 1234],
    [1234, 1234],
    ['0', 0],
  ] as const) {
    assert.equal(parseSize(text), bytes, String(text));
  }
});

test('what is not a size is refused with one sentence that shows how to write it', () => {
  for (const text of [
    '',
    'big',
    '10M',
    '10K',
    '-1MB',
    '10 M B',
    '1ib',
    'MB',
    '999999999TB',
    'constructor',
    '1constructor',
  ]) {
    assert.throws(() => parseSize(text), { name: 'RangeError', message: /is not a size; write it like 10MB/ }, text);
  }
});

test('a formatted size is read back to the same bytes', () => {
  assert.equal(formatSize(10_000_000), '10MB');
  assert.equal(formatSize(65_536), '64KiB');
  assert.equal(formatSize(1_500_000_000), '1.5GB');
  assert.equal(formatSize(1025), '1025B');
  const bytes = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(5000).map((count) => count * 1024),
    fc.nat(5000).map((count) => count * 100_000),
  );
  fc.assert(fc.property(bytes, (count) => parseSize(formatSize(count)) === count));
});

test('any text is read or refused with a RangeError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9. kKMGiIbB]{0,10}$/)), (written) => {
      try {
        const bytes = parseSize(written);
        assert.ok(Number.isSafeInteger(bytes) && bytes >= 0);
        assert.match(written, sizeForm);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
