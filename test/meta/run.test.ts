import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const run = resolve(import.meta.dirname, '../run.ts');
const begin = "import { describe, it, test } from 'node:test';\n";

test('npm test counts tests, not the suites around them', () => {
  const suite = "describe('a', () => { it('b', () => {}); it('c', () => {}); });";
  assert.deepEqual(closing(`${begin}${suite} test('d', () => {});`), [0, '3 passed, 0 failed']);
});

test('a failing test fails the run, in a suite too, and so does a file that cannot be loaded', () => {
  assert.deepEqual(closing(`${begin}describe('a', () => { it('b', () => { throw 1; }); });`), [
    1,
    '0 passed, 1 failed',
  ]);
  assert.deepEqual(closing('throw new Error();'), [1, '0 passed, 1 failed']);
  assert.deepEqual(closing(`${begin}describe('a', () => { throw new Error(); });`), [1, '0 passed, 1 failed']);
});

test('a skipped test is named, and in CI is a failure, like a todo and a skipped suite', () => {
  const skips = [
    "test('b', { skip: 'needs nginx' }, () => {});",
    "test('b', { todo: 'later' }, () => { throw 1; });",
    "describe('b', { skip: 'needs nginx' }, () => { it('c', () => {}); });",
  ];
  const text = `${begin}test('a', () => {});\n${skips.join('\n')}`;
  assert.deepEqual(closing(text), [0, '1 passed, 0 failed, 3 skipped']);
  assert.deepEqual(closing(text, 'true'), [1, '1 passed, 3 failed']);
});

test('a run without a test is a failure', () => {
  assert.deepEqual(closing('export {};'), [1, '0 passed, 1 failed']);
  assert.deepEqual(closing(undefined), [1, '0 passed, 1 failed']);
});

/** Exit code and last line of a run over one test file, or over a folder without any. */
function closing(text: string | undefined, ci = ''): [number | null, string | undefined] {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-run-'));
  try {
    if (text !== undefined) writeFileSync(join(folder, 'one.test.ts'), text);
    const env = { ...process.env, CI: ci };
    const ran = spawnSync(process.execPath, [run, folder], { env, encoding: 'utf8' });
    return [ran.status, ran.stdout.trim().split('\n').at(-1)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
