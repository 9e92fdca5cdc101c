import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { startMegaServer } from '../../../test/support/mega-server.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { silentLog } from '../../log/log.ts';
import { systemClock } from '../../time/clock.ts';
import { loginFailure } from './account.ts';
import { createMegaSource } from './mega-source.ts';
import { secondFactor } from './totp.ts';

const server = await startMegaServer();
const link = await server.shareFile('file.bin', Buffer.from('some bytes'));
const folder = await mkdtemp(join(tmpdir(), 'longhaul-account-'));
const never = new AbortController().signal;
let sessionFile = '';
let count = 0;

beforeEach(() => {
  server.heal();
  count += 1;
  sessionFile = join(folder, String(count), 'mega.json');
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function create(own: { password?: string; password_file?: string; totp?: string; email?: string } = {}) {
  const mega = { ...defaults.mega, gateway: server.gateway, email: 'mock@test', ...own };
  const config = { ...defaults, mega: own.password_file === undefined ? { password: 'mock', ...mega } : mega };
  return createMegaSource({ config, clock: systemClock, disk: realDisk, log: silentLog, sessionFile });
}

const resolve = (source = create()) => source.resolve({ link, options: {}, directory: '/' }, never);
const logins = () => server.questions.filter(({ command }) => command === 'us').length;
const sessionsOfFiles = () => server.questions.filter(({ command }) => command === 'g').map(({ session }) => session);
const refusedWith = (text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === 'refused' && text.test(error.message) && !/mock(?!@)/.test(error.message);

test('an account logs in once, also for several links at a time, and its session is kept for the next process', async () => {
  const source = create();
  await Promise.all([resolve(source), resolve(source)]);
  await resolve();
  assert.equal(logins(), 1);
  const sessions = new Set(sessionsOfFiles());
  assert.equal(sessions.size, 1);
  assert.ok(!sessions.has(null));
  assert.equal((await stat(sessionFile)).mode & 0o777, 0o600);
  const written = await readFile(sessionFile, 'utf8');
  assert.deepEqual(Object.keys(JSON.parse(written)), ['of', 'session']);
  assert.ok(!/"(?:mock|mock@test)"/.test(written), 'neither address nor password');
});

test('a session that has ended is replaced by a new one', async () => {
  await resolve();
  const [session] = sessionsOfFiles();
  server.faults.endedSessions = [session ?? ''];
  const written = JSON.parse(await readFile(sessionFile, 'utf8'));
  // The mock has one session for ever, so the one in the file is made another.
  await writeFile(sessionFile, JSON.stringify({ ...written, session: `x${session}` }));
  server.faults.endedSessions = [`x${session}`];
  await resolve();
  assert.equal(logins(), 2);
  assert.equal(JSON.parse(await readFile(sessionFile, 'utf8')).session, session);
});

test('the session of another account, and a file that is none, are not used', async () => {
  await resolve();
  await assert.rejects(resolve(create({ email: 'other@test' })), refusedWith(/does not know mega\.email/));
  assert.equal(logins(), 2);
  await writeFile(sessionFile, '{"of":7');
  await resolve();
  assert.equal(logins(), 3);
});

test('a wrong password, and one that cannot be read, are said as such', async () => {
  await assert.rejects(
    resolve(create({ password: 'wrong' })),
    refusedWith(/does not know mega\.email with this password/),
  );
  const file = join(folder, 'password');
  await assert.rejects(resolve(create({ password_file: file })), refusedWith(/mega\.password_file, .*cannot be read/));
  await writeFile(file, '\n');
  await assert.rejects(resolve(create({ password_file: file })), refusedWith(/does not begin with a password/));
  await writeFile(file, 'mock\r\nsecond line\n');
  assert.equal((await resolve(create({ password_file: file }))).files.length, 1);
});

test('a second factor is asked for, refused when it is wrong, and made from the key', async () => {
  const totp = 'GEZDGNBVGY3TQOJQ';
  // Not the code itself: it changes every half minute.
  server.faults.secondFactor = '123456';
  await assert.rejects(resolve(), refusedWith(/wants its second factor: set mega\.totp/));
  await assert.rejects(resolve(create({ totp: '654321' })), refusedWith(/does not accept the second factor/));
  assert.equal((await resolve(create({ totp: '123456' }))).files.length, 1);
  server.faults.secondFactor = secondFactor(totp, systemClock.now());
  await rm(sessionFile);
  assert.equal((await resolve(create({ totp }))).files.length, 1);
});

test('a used up quota names whose it is', async () => {
  const source = create();
  const manifest = await resolve(source);
  Object.assign(server.faults, { overQuota: 1, quotaLeft: 60 });
  const path = join(folder, 'file.part');
  await realDisk.create(path).close();
  const target = { position: 0, path, size: 10, durable: [] };
  const transfer = source.fetch({ manifest, targets: [target], options: {} });
  await assert.rejects(
    transfer.done,
    (error) => error instanceof Failure && /quota of the MEGA account/.test(error.message),
  );
  await transfer.close();
});

test('every number has one sentence', () => {
  for (let code = -1; code > -50; code -= 1) assert.match(loginFailure(code, undefined).message, /^[^\n]{10,}$/);
});
