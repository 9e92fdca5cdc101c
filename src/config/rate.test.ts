import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRate, isRate, leastRate, parseRate } from './rate.ts';

test('a rate is read as people write it: with and without B, with /s, in thousands or in KiB', () => {
  for (const [text, rate] of [
    ['2MB', 2_000_000],
    ['2M', 2_000_000],
    ['500k', 500_000],
    ['500 kB/s', 500_000],
    ['1.5MiB/s', 1_572_864],
    ['64Ki', 65_536],
    ['1000', 1000],
    [4096, 4096],
    ['off', 'off'],
    [' off ', 'off'],
  ] as const)
    assert.equal(parseRate(text), rate, String(text));
});

test('what is no rate, or lower than any connection survives, is refused with what is allowed', () => {
  for (const text of ['', '0', 0, '-1', '999', 'fast', '2 MBit', '2MB/m', '1e6', 'Off', '2PB', Number.NaN]) {
    assert.throws(() => parseRate(text), /is not a rate; it must be off, or a rate such as 2MB or 500kB/, String(text));
  }
});

test('property: a rate that is shown is read back as the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: leastRate, max: 1e12 }), fc.constant(1e12)), (rate) => {
      assert.equal(parseRate(formatRate(rate)), rate);
      assert.ok(isRate(rate));
    }),
  );
});

test('property: any text is a rate or refused, nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^ ?\d{0,12}(\.\d)? ?[kKmMgG]?i?B?(\/s)?$/)), (text) => {
      try {
        assert.ok(isRate(parseRate(text)));
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
});
