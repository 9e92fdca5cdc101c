import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exit, exitCodes, worst } from './exit-codes.ts';

test('the most serious code wins, whatever the order', () => {
  assert.equal(worst([0, 4, 3, 0]), 3);
  assert.equal(worst([4, 0]), 4);
  assert.equal(worst([3, 5]), 5);
  assert.equal(worst([3, 2, 4]), 2);
  assert.equal(worst([1, 130, 3]), 130);
  assert.equal(worst([]), 0);
});

test('every code stands once and says what to do next', () => {
  assert.deepEqual(
    exitCodes.map(({ code }) => code).toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 130],
  );
  for (const { meaning, next } of exitCodes) assert.ok(meaning && next);
  assert.equal(exit.failed, 3);
});

test("the README's table has exactly these codes", () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.split(/^## /m).find((part) => part.startsWith('Exit codes')) ?? '';
  const codes = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(
    codes,
    exitCodes.map(({ code }) => code).toSorted((a, b) => a - b),
  );
});
