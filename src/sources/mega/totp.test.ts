import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondFactor } from './totp.ts';

/** Appendix B of RFC 6238 (SHA-1; the last six of its eight digits): seconds and the code. */
const told = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

test('the codes are those of RFC 6238, however the key is written', () => {
  const key = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  for (const written of [key, key.toLowerCase(), (key.match(/.{4}/g) ?? []).join(' '), `${key}====`]) {
    for (const [seconds, code] of told) assert.equal(secondFactor(written, seconds * 1000), code);
  }
});

test('six digits are a code', () => {
  assert.equal(secondFactor('012345', 1), '012345');
});
