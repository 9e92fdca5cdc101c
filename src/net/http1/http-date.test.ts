import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { httpDate } from './http-date.ts';

test('all three forms of a date are understood (RFC 9110 section 5.6.7)', () => {
  const moment = Date.UTC(1994, 10, 6, 8, 49, 37);
  assert.equal(httpDate('Sun, 06 Nov 1994 08:49:37 GMT'), moment);
  assert.equal(httpDate('Sunday, 06-Nov-94 08:49:37 GMT'), moment);
  assert.equal(httpDate('Sun Nov  6 08:49:37 1994'), moment);
});

test('anything else is no date', () => {
  for (const text of [
    undefined,
    '',
    '0',
    'yesterday',
    '1994-11-06',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
  ]) {
    assert.equal(httpDate(text), undefined, text);
  }
});

test('property: a written date is read back, and no text throws', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
      fc.string(),
      (date, text) => {
        assert.equal(httpDate(date.toUTCString()), Math.floor(date.getTime() / 1000) * 1000);
        httpDate(text);
      },
    ),
  );
});
