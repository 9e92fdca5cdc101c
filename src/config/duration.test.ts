import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationForm, formatDuration, parseDuration } from './duration.ts';

test('durations are read as a person writes them', () => {
  for (const [text, ms] of [
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['90', 90_000],
    [' 5s ', 5000],
    [0.25, 250],
    ['0', 0],
  ] as const) {
    assert.equal(parseDuration(text), ms, String(text));
  }
});

test('what is not a duration is refused with one sentence that shows how to write it', () => {
  for (const text of ['', 'soon', '-5s', '5 s', '10M', '1h-30m', 'ms', '1e3s', 'NaN', '1'.repeat(400)]) {
    assert.throws(
      () => parseDuration(text),
      { name: 'RangeError', message: /is not a duration; write it like 500ms/ },
      text,
    );
  }
  for (const number of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300])
    assert.throws(() => parseDuration(number), RangeError);
});

test('a formatted duration is read back to the same ms', () => {
  assert.equal(formatDuration(5_400_000), '1h30m');
  assert.equal(formatDuration(0), '0s');
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});

test('any text is read or refused with a RangeError, and its form agrees', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9dhms. ]{0,12}$/));
  fc.assert(
    fc.property(text, (written) => {
      try {
        const ms = parseDuration(written);
        assert.ok(Number.isSafeInteger(ms) && ms >= 0);
        assert.match(written, durationForm);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
