import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountText, bytesText, momentText, spanText, speedText } from './words.ts';

test('sizes and speeds carry their unit', () => {
  assert.equal(bytesText(0), '0 B');
  assert.equal(bytesText(1_234_567_890), '1.23 GB');
  assert.equal(bytesText(null), 'unknown size');
  assert.equal(amountText(45_300_000, 1_200_000_000), '45.3 MB of 1.2 GB');
  assert.equal(amountText(45_300_000, null), '45.3 MB');
  assert.equal(speedText(12_345_678.9), '12.3 MB/s');
  assert.equal(speedText(-1), '0 B/s');
});

test('a span is told in its two largest units', () => {
  assert.equal(spanText(850), '850 ms');
  assert.equal(spanText(4_290), '4.2 s');
  assert.equal(spanText(200_000), '3m 20s');
  assert.equal(spanText(187_200_000), '2d 4h');
  assert.equal(spanText(-5), '0 ms');
});

test('a moment of today is a time, of another day a date and a time', () => {
  const noon = new Date(2026, 10, 21, 12, 0, 0).getTime();
  assert.equal(momentText(new Date(2026, 10, 21, 14, 5, 9).getTime(), noon), '14:05:09');
  assert.equal(momentText(new Date(2026, 10, 22, 4, 5, 9).getTime(), noon), '2026-11-22 04:05');
});
