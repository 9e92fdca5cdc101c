import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Log } from './log.ts';
import { type LogParts, type LogSettings, openLog } from './open-log.ts';

const settings: LogSettings = { level: 'info', rooms: {}, format: 'auto', file: true, max_size: 1e6, keep: 3 };

const open = (
  context: TestContext,
  parts: Partial<Omit<LogParts, 'settings'>> & { settings?: Partial<LogSettings>; terminal?: boolean } = {},
) => {
  const root = fs.mkdtempSync(join(tmpdir(), 'longhaul-log-'));
  context.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const logsDir = parts.logsDir ?? join(root, 'logs');
  let stderr = '';
  const { settings: own, terminal = false, ...others } = parts;
  const log = openLog({
    stderr: {
      isTerminal: terminal,
      colour: false,
      write: (text) => {
        stderr += text;
      },
    },
    now: () => 1_700_000_000_000,
    ...others,
    logsDir,
    settings: { ...settings, ...own },
  });
  context.after(() => log.close());
  return {
    log,
    root,
    stderr: () => stderr,
    file: () => fs.readFileSync(join(logsDir, 'longhaul.log'), 'utf8'),
    hasFile: () => fs.existsSync(join(logsDir, 'longhaul.log')),
  };
};

const messages = (lines: string): unknown[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { msg: unknown }).msg);

const sayAll = (log: Log): void => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level]({}, level);
};

test('a line has its time, level, room, process, facts and message, in the file and on stderr', async (context) => {
  const { log, file, stderr } = open(context);
  log.room('engine').info({ id: 7, level: 'of water' }, 'took %s it');
  await log.flush();
  const expected = {
    level: 30,
    time: 1_700_000_000_000,
    pid: process.pid,
    room: 'engine',
    id: 7,
    level_: 'of water',
    msg: 'took %s it',
  };
  assert.deepEqual(JSON.parse(file()), expected);
  assert.deepEqual(JSON.parse(stderr()), expected);
});

test('nothing is written to disk before there is something to say', async (context) => {
  const { log, hasFile } = open(context);
  log.debug({}, 'too quiet');
  await log.flush();
  assert.equal(hasFile(), false);
});

test('stderr can be quieter than the file', async (context) => {
  const { log, file, stderr } = open(context, { stderrLevel: 'warn' });
  sayAll(log);
  await log.flush();
  assert.deepEqual(messages(stderr()), ['warn', 'error']);
  assert.deepEqual(messages(file()), ['info', 'warn', 'error']);
});

test('a room can have a level of its own, and its inner rooms follow it', async (context) => {
  const rooms = { sources: 'debug', 'sources/mega': 'error', queue: 'silent' } as const;
  const { log, file } = open(context, { settings: { rooms } });
  for (const room of ['sources', 'sources/http', 'sources/mega', 'queue', 'constructor', '__proto__']) {
    for (const level of ['debug', 'info', 'error'] as const) log.room(room)[level]({}, `${room} ${level}`);
  }
  await log.flush();
  assert.deepEqual(messages(file()), [
    ...['debug', 'info', 'error'].map((level) => `sources ${level}`),
    ...['debug', 'info', 'error'].map((level) => `sources/http ${level}`),
    'sources/mega error',
    ...['info', 'error'].map((level) => `constructor ${level}`),
    ...['info', 'error'].map((level) => `__proto__ ${level}`),
  ]);
});

test('on a terminal a line is for reading, and a name in it cannot give orders', async (context) => {
  const { log, stderr, file } = open(context, { terminal: true });
  log.room('engine').warn({ name: 'a\u001b[2Jb', error: new Error('bad \u009b2J') }, 'got \u001b]0;x\u0007it');
  await log.flush();
  assert.match(stderr(), /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN \(engine\): got it \{"name_":"ab"\}/);
  assert.doesNotMatch(stderr() + file(), /(?!\n)\p{Cc}/u);
});

test('planted secrets reach no sink, whichever way they come', async (context) => {
  const { log, stderr, root } = open(context, { terminal: true, settings: { level: 'trace' } });
  log.info({ early: 'https://ann:planted-1@h/' }, 'before planted-1b was known: Authorization: planted-1c');
  log.secrets.add('planted-2', 'planted "3"');
  log.error(
    {
      a: [{ b: 'x planted-2 y' }],
      'planted-2': 1,
      error: new Error('E planted "3"', { cause: 'planted-2' }),
      link: new URL('https://mega.nz/file/abc#planted-4'),
    },
    'sent Cookie: planted-5; see https://mega.nz/#!abc!planted-6',
  );
  await log.flush();
  const everything =
    stderr() +
    fs
      .readdirSync(join(root, 'logs'))
      .map((name) => fs.readFileSync(join(root, 'logs', name), 'utf8'))
      .join('');
  assert.equal(
    everything.match(/planted-1b/g)?.length,
    2,
    'what is no secret yet stands in both sinks, so they were looked at',
  );
  assert.doesNotMatch(everything.replaceAll('planted-1b', ''), /planted/);
});

test('a log that cannot be written is said once, and everything goes on', async (context) => {
  const { log, stderr } = open(context, { logsDir: '/dev/null/logs', stderrLevel: 'warn' });
  sayAll(log);
  await log.flush();
  sayAll(log);
  const [first, ...rest] = stderr().trimEnd().split('\n');
  assert.match(
    first ?? '',
    /^longhaul: the log in \/dev\/null\/logs cannot be written \(.*ENOTDIR.*\); it goes to stderr only from here\.$/,
  );
  assert.deepEqual(messages(rest.join('\n')), ['warn', 'error', 'warn', 'error']);
});

test('a full disk under the log is said once, and everything goes on', async (context) => {
  const { log, stderr, root } = open(context, { stderrLevel: 'error' });
  fs.mkdirSync(join(root, 'logs'));
  const write = context.mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  syncBuiltins();
  sayAll(log);
  await log.flush();
  log.error({}, 'again');
  write.mock.restore();
  syncBuiltins();
  assert.equal(stderr().match(/cannot be written \(ENOSPC/g)?.length, 1);
  assert.deepEqual(messages(stderr().split('\n').slice(1).join('\n')), ['error', 'again']);
});

test('lines are written even when the process exits before the formatter was loaded', (context) => {
  const { root } = open(context);
  const script = `
    const { openLog } = await import(${JSON.stringify(new URL('./open-log.ts', import.meta.url).href)});
    const log = openLog({ settings: ${JSON.stringify(settings)}, logsDir: ${JSON.stringify(join(root, 'logs'))}, now: () => 5,
      stderr: { isTerminal: false, colour: false, write: (text) => process.stderr.write(text) } });
    log.secrets.add('planted');
    log.room('main').error({ why: 'planted' }, 'last words');
    process.exit(3);
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const file = fs.readFileSync(join(root, 'logs', 'longhaul.log'), 'utf8');
  assert.equal(status, 3);
  assert.equal(stderr, file);
  const { pid: _pid, ...line } = JSON.parse(file) as Record<string, unknown>;
  assert.deepEqual(line, { level: 50, time: 5, room: 'main', why: '***', msg: 'last words' });
});

test('a closed log takes lines and drops them from the file', async (context) => {
  const { log, file } = open(context);
  log.info({}, 'one');
  await log.close();
  await log.close();
  log.info({}, 'two');
  assert.deepEqual(messages(file()), ['one']);
});

test('facts that cannot be read do not stop the work', async (context) => {
  const { log, file } = open(context);
  log.info(Proxy.revocable({}, {}).proxy, 'fine');
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  log.info(proxy, 'still fine');
  await log.flush();
  assert.deepEqual(messages(file()), ['fine', 'still fine']);
});

function syncBuiltins(): void {
  process.getBuiltinModule('node:module').syncBuiltinESMExports();
}
