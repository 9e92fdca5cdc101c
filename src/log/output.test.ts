import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { type OutputStream, openOutput } from './output.ts';

const stream = (facts: { isTTY?: boolean; columns?: number; rows?: number } = {}) => {
  let written = '';
  const made: OutputStream & { written(): string } = {
    ...facts,
    writableLength: 0,
    write: (text) => {
      written += text;
      return true;
    },
    on: () => undefined,
    written: () => written,
  };
  return made;
};

const terminal = () => stream({ isTTY: true, columns: 60, rows: 20 });

/** Runs a script with `output` opened, in a shell pipeline such as `%s | head -1`. */
const inShell = (pipeline: string, script: string) => {
  const source = `
    const { openOutput } = await import(${JSON.stringify(new URL('./output.ts', import.meta.url).href)});
    const output = openOutput({ env: process.env });
    ${script}
  `;
  const command = pipeline.replace('%s', () => '"$NODE" --input-type=module -e "$SCRIPT"');
  return spawnSync('bash', ['--norc', '--noprofile', '-c', `set -o pipefail; ${command}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE: process.execPath, SCRIPT: source },
  });
};

test('answers go to stdout, the rest to stderr', () => {
  const [stdout, stderr] = [stream(), stream()];
  const output = openOutput({ stdout, stderr, env: {} });
  output.line('an answer');
  output.json({ a: 1, name: 'x\u001b[2J\u009b\u202e' });
  output.error('a refusal');
  output.logSink.write('a log line\n');
  assert.equal(stdout.written(), 'an answer\n{"a":1,"name":"x\\u001b[2J\\u009b\\u202e"}\n');
  assert.equal(stderr.written(), 'a refusal\na log line\n');
});

test('a link in a refusal loses its password, an answer is given as it is', () => {
  const [stdout, stderr] = [stream(), stream()];
  const output = openOutput({ stdout, stderr, env: {} });
  output.error('cannot reach https://ann:planted@example.org/');
  output.line('https://ann:given@example.org/');
  assert.equal(stderr.written(), 'cannot reach https://***@example.org/\n');
  assert.equal(stdout.written(), 'https://ann:given@example.org/\n');
});

test('of control sequences only colours get through', () => {
  const stdout = terminal();
  openOutput({ stdout, stderr: stream(), env: {} }).line('\u001b[32mgood\u001b[39m \u001b[2J\u001b]52;c;eA==\u0007bad');
  assert.equal(stdout.written(), '\u001b[32mgood\u001b[39m bad\n');
});

test('colour follows --color, then FORCE_COLOR, then NO_COLOR, then the terminal', () => {
  const colour = (stdout: OutputStream, env: Record<string, string>, asked?: boolean) =>
    openOutput({ stdout, stderr: stream(), env, ...(asked === undefined ? {} : { colour: asked }) }).out.colour;
  assert.equal(colour(terminal(), {}), true);
  assert.equal(colour(stream(), {}), false);
  assert.equal(colour(terminal(), { NO_COLOR: '1' }), false);
  assert.equal(colour(terminal(), { NO_COLOR: '' }), true);
  assert.equal(colour(terminal(), { TERM: 'dumb' }), false);
  assert.equal(colour(stream(), { FORCE_COLOR: '1', NO_COLOR: '1' }), true);
  assert.equal(colour(terminal(), { FORCE_COLOR: '0' }), false);
  assert.equal(colour(stream(), { NO_COLOR: '1' }, true), true);
  assert.equal(colour(terminal(), { FORCE_COLOR: '1' }, false), false);
});

test('widths and letters are known', () => {
  const output = openOutput({ stdout: terminal(), stderr: stream(), env: { LANG: 'de_DE.UTF-8' } });
  assert.deepEqual([output.out.columns(), output.out.rows()], [60, 20]);
  assert.deepEqual([output.err.columns(), output.err.rows()], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const unicode = (env: Record<string, string>) => openOutput({ stdout: stream(), stderr: stream(), env }).out.unicode;
  assert.deepEqual(
    [{ LANG: 'C' }, { LANG: 'C', LC_ALL: 'C.utf8' }, {}, { LANG: 'x.UTF-8', TERM: 'linux' }].map(unicode),
    [false, true, false, false],
  );
});

test('a line makes its way past a live area, which is drawn again below it', async () => {
  const screen = terminal();
  const output = openOutput({ stdout: screen, stderr: screen, env: {} });
  const area = await output.err.live();
  area.draw(['bar 1', 'bar 2 \u001b[2J']);
  const before = screen.written().length;
  output.logSink.write('said\n');
  const after = screen.written().slice(before);
  assert.match(after, /said\n[\s\S]*bar 1\nbar 2/);
  assert.ok(!screen.written().includes('\u001b[2J'));
  area.close();
  area.close();
  output.line('end');
  assert.ok(screen.written().endsWith('\u001b[?25hend\n'));
});

test('a second live area takes the place of the first', async () => {
  const screen = terminal();
  const output = openOutput({ stdout: screen, stderr: screen, env: {} });
  const first = await output.err.live();
  first.draw(['first']);
  const second = await output.err.live();
  first.draw(['never']);
  second.draw(['second']);
  second.close();
  assert.ok(!screen.written().includes('never'));
});

test('a reader that goes away is no error', () => {
  const { status, stdout, stderr } = inShell(
    '%s | head -1',
    `
    for (let line = 0; output.isRead && line < 1e6; line += 1) {
      output.line('line ' + line);
      if (line % 100 === 0) await new Promise(setImmediate);
    }
    output.line('more');
    await output.flush();
    if (output.isRead) process.exitCode = 7;
  `,
  );
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'line 0\n', stderr: '' });
});

test('an answer that a full disk did not take is an error', {
  skip: existsSync('/dev/full') ? false : 'no /dev/full here',
}, () => {
  const { stderr } = inShell(
    '%s > /dev/full',
    "output.line('x'); await output.flush().catch((error) => output.error(error.message));",
  );
  assert.match(stderr, /^the answer could not be written: .*ENOSPC/);
});

test('everything has left the process when flush is done', async () => {
  const source = `
    const { openOutput } = await import(${JSON.stringify(new URL('./output.ts', import.meta.url).href)});
    const output = openOutput({ env: {} });
    output.line('x'.repeat(5_000_000));
    await output.flush();
    process.exit(0);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let length = 0;
  for await (const chunk of child.stdout) length += (chunk as Buffer).length;
  assert.equal(length, 5_000_001);
});
