import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { sinceOption } from './since.ts';

const now = Date.UTC(2026, 10, 21, 12);

function moment(text: string): number {
  const parse = sinceOption().parseArg as unknown as (text: string) => (now: number) => number;
  return parse(text)(now);
}

test('a time ago, a day here, a moment', () => {
  assert.equal(moment('7d'), now - 7 * 86_400_000);
  assert.equal(moment('1h30m'), now - 5_400_000);
  assert.equal(moment('2026-11-01'), new Date(2026, 10, 1).getTime());
  assert.equal(moment('2026-11-01T10:00:00Z'), Date.UTC(2026, 10, 1, 10));
  assert.equal(moment('2026-11-01 10:00'), new Date(2026, 10, 1, 10).getTime());
});

test('what is neither is refused with what is allowed', () => {
  for (const text of ['', '7', 'yesterday', '2026', '2026-13-01', '01.11.2026', '-1d']) {
    assert.throws(() => moment(text), /such as 7d or 12h, or a day/, text);
  }
});

test('any text is a moment or refused, nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,4}(-\d\d){0,2}[dhms]?$/)), (text) => {
      try {
        assert.ok(Number.isFinite(moment(text)));
      } catch (error) {
        assert.ok(error instanceof InvalidArgumentError, String(error));
      }
    }),
  );
});
