import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rotatedFile } from './rotated-file.ts';

const folderFor = (context: TestContext): string => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'longhaul-log-'));
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'logs');
};

const open = (folder: string, maxBytes = 1e6, keep = 3) =>
  rotatedFile({ folder, maxBytes, keep, now: () => 1_700_000_000_000 });
const linesIn = (folder: string) =>
  fs.readdirSync(folder).flatMap((name) =>
    fs
      .readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  );

test('the folder is made at the first line, for its owner alone', (context) => {
  const folder = folderFor(context);
  const file = open(folder);
  assert.ok(!fs.existsSync(folder));
  file.write('one\n');
  assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
  assert.equal(fs.statSync(join(folder, 'longhaul.log')).mode & 0o777, 0o600);
  file.close();
  file.close();
});

test('what others could read before is closed to them', (context) => {
  const folder = folderFor(context);
  fs.mkdirSync(folder, { mode: 0o755 });
  fs.writeFileSync(join(folder, 'longhaul.log'), 'old\n', { mode: 0o644 });
  const file = open(folder);
  file.write('new\n');
  file.close();
  assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
  assert.equal(fs.statSync(join(folder, 'longhaul.log')).mode & 0o777, 0o600);
  assert.deepEqual(linesIn(folder), ['old', 'new']);
});

test('a full file is put aside, and of those only the newest are kept', (context) => {
  const folder = folderFor(context);
  let now = Date.UTC(2026, 0, 1);
  const file = rotatedFile({ folder, maxBytes: 25, keep: 2, now: () => (now += 1000) });
  for (let line = 10; line < 20; line += 1) file.write(`line ${line}..\n`);
  file.close();
  const names = fs.readdirSync(folder).sort();
  assert.equal(names.length, 3);
  assert.match(names[0] ?? '', /^longhaul-2026-01-01T00-00-0\d-000Z-\d+-[0-9a-f]{6}\.log$/);
  assert.deepEqual(
    linesIn(folder).sort(),
    [14, 15, 16, 17, 18, 19].map((line) => `line ${line}..`),
  );
});

test('a file that somebody took away is made again', (context) => {
  const folder = folderFor(context);
  const file = open(folder);
  file.write('one\n');
  fs.renameSync(join(folder, 'longhaul.log'), join(folder, 'taken'));
  file.write('two\n');
  fs.rmSync(folder, { recursive: true });
  file.write('three\n');
  file.close();
  assert.deepEqual(linesIn(folder), ['three']);
});

test('neither a link nor a pipe is written through', (context) => {
  const folder = folderFor(context);
  fs.mkdirSync(folder);
  fs.symlinkSync('/tmp/longhaul-must-not-exist', join(folder, 'longhaul.log'));
  assert.throws(() => open(folder).write('x\n'), { code: 'ELOOP' });
  assert.ok(!fs.existsSync('/tmp/longhaul-must-not-exist'));
});

test('several processes rotating the same folder lose no line', async (context) => {
  const folder = folderFor(context);
  const script = `
    const { rotatedFile } = await import(${JSON.stringify(new URL('./rotated-file.ts', import.meta.url).href)});
    const file = rotatedFile({ folder: ${JSON.stringify(folder)}, maxBytes: 2000, keep: 1000, now: Date.now });
    for (let line = 0; line < 500; line += 1) file.write(process.argv[1] + ' ' + line + ' ' + 'x'.repeat(40) + '\\n');
  `;
  const writers = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, ['--input-type=module', '-e', script, name], { stdio: 'inherit' }),
  );
  const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')));
  assert.deepEqual(
    ends.map(([code]) => code),
    [0, 0, 0],
  );
  const expected = ['a', 'b', 'c'].flatMap((name) =>
    Array.from({ length: 500 }, (_, line) => `${name} ${line} ${'x'.repeat(40)}`),
  );
  assert.deepEqual(linesIn(folder).sort(), expected.sort());
});
