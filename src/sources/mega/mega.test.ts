import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { sourceContract } from '../../../test/contract/source.ts';
import { patterned } from '../../../test/support/http-bench.ts';
import { startMegaServer } from '../../../test/support/mega-server.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure, type FailureClass } from '../../downloads/failure.ts';
import { silentLog } from '../../log/log.ts';
import { systemClock } from '../../time/clock.ts';
import { createMegaSource } from './mega-source.ts';
import { apiFailure } from './refusals.ts';

const bytes = patterned(3 << 19);
const server = await startMegaServer();
const link = await server.shareFile('file.bin', bytes);
const folder = await server.shareFolder('Holiday', {
  'a.txt': Buffer.from('first'),
  'deep/er/b.bin': patterned(70_001),
  'deep/..%2f': Buffer.from('odd'),
});
const never = new AbortController().signal;

beforeEach(() => server.heal());
after(() => server.stop());

function create() {
  const config = { ...defaults, mega: { ...defaults.mega, gateway: server.gateway } };
  return createMegaSource({ config, clock: systemClock, disk: realDisk, log: silentLog, sessionFile: '/nowhere' });
}

const resolve = (text: string, options = {}) => create().resolve({ link: text, options, directory: '/' }, never);

const failsWith = (failureClass: FailureClass, text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass && text.test(error.message);

sourceContract('mega', async () => ({
  create,
  link,
  bytes,
  malformed: 'https://mega.nz/file/AbCd',
  foreign: 'https://mega.nz/linux/repo/file.deb',
  stallAfter: (most) => {
    server.faults.stallAfter = most;
  },
  async dispose() {
    server.heal();
  },
}));

test('a folder link leads to all its files with their folders, the largest is the main one', async () => {
  const { name, files, totalBytes } = await resolve(folder);
  assert.equal(name, 'Holiday');
  assert.deepEqual(
    files.map(({ path, main }) => [path, main]),
    [
      ['Holiday/a.txt', false],
      ['Holiday/deep/..%2f', false],
      ['Holiday/deep/er/b.bin', true],
    ],
  );
  assert.equal(totalBytes, 5 + 3 + 70_001);
});

test('a link to a file or a folder within a folder leads to that alone', async () => {
  const all = (await resolve(folder)).plan as { files: { path: string; place: { entry: string } }[] };
  const handle = all.files.at(-1)?.place.entry ?? '';
  for (const form of [`${folder}/file/${handle}`, folder.replace(/folder\/(.*)#(.*)$/, `#F!$1!$2!${handle}`)]) {
    assert.deepEqual((await resolve(form)).files, [{ path: 'b.bin', size: 70_001, main: true }]);
  }
  await assert.rejects(resolve(`${folder}/file/AAAAAAAA`), failsWith('refused', /no such file or folder/));
});

test('a part of a folder can be named by its path, and a name that is not there is answered with those that are', async () => {
  assert.deepEqual((await resolve(`${folder}/deep/er`)).files, [{ path: 'er/b.bin', size: 70_001, main: true }]);
  assert.deepEqual((await resolve(`${folder}/deep/er/b.bin/`)).files, [{ path: 'b.bin', size: 70_001, main: true }]);
  assert.equal((await resolve(`${folder}/deep/..%252f`)).files.length, 1);
  await assert.rejects(resolve(`${folder}/deep/no`), failsWith('refused', /has no no there; there is \.\.%2f, er$/));
  const { keyOf } = create();
  assert.equal(keyOf(`${folder}/deep/e r`), keyOf(`${folder}/deep/e%20r/`));
  assert.notEqual(keyOf(`${folder}/deep/er`), keyOf(folder));
  assert.throws(() => keyOf(`${link}/name`), failsWith('link', /is malformed/));
});

test('old forms of links lead to the same', async () => {
  const old = link.replace(/file\/(.*)#(.*)$/, '#!$1!$2');
  assert.deepEqual((await resolve(old)).resumeToken, (await resolve(link)).resumeToken);
});

test('a wrong key, one that is not whole, and none at all are told apart, and no message holds the key', async () => {
  const key = link.split('#')[1] ?? '';
  const other = link.replace(key, `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`);
  const folderKey = folder.split('#')[1] ?? '';
  const otherFolder = folder.replace(folderKey, [...folderKey].toReversed().join(''));
  await assert.rejects(resolve(other), failsWith('link', /key in the MEGA link is wrong/));
  await assert.rejects(resolve(otherFolder), failsWith('link', /key in the MEGA link is wrong/));
  const { keyOf } = create();
  assert.throws(() => keyOf(link.slice(0, -3)), failsWith('link', /not whole: it has 40 characters instead of 43/));
  assert.throws(() => keyOf(link.replace(/#.*/, '')), failsWith('link', /has no key/));
  for (const wrong of [link.slice(0, -3), link.replace('/file/', '/file/x/')]) {
    assert.throws(
      () => keyOf(wrong),
      (error) => !String(error).includes(key.slice(0, 20)),
    );
  }
});

test('what the API answers is told as what it means', async () => {
  server.faults.apiError = -9;
  await assert.rejects(resolve(link), failsWith('gone', /was deleted, or the link is wrong/));
  server.faults.apiError = -17;
  await assert.rejects(resolve(link), failsWith('quota', /quota of MEGA for this address is used up/));
  server.faults.apiWait = 60;
  await assert.rejects(resolve(link), (error) => {
    const { retry } = error as Failure;
    assert.ok(retry.when === 'later' && retry.reason === 'quota');
    return Math.abs((retry.at ?? 0) - Date.now() - 60_000) < 10_000;
  });
  server.faults.apiWait = 0;
  server.faults.apiError = -3;
  await assert.rejects(resolve(link), failsWith('server', /trouble on its side/));
  for (let code = -1; code > -500; code -= 1) assert.ok(apiFailure(code).message.length > 10);
});

test('through a proxy that is not there nothing goes, and never silently around it', async () => {
  await assert.rejects(resolve(link, { proxy: 'http://127.0.0.1:9' }), failsWith('network', /proxy/));
});

test('a partial is continued only when the link still leads to the same contents', async () => {
  const source = create();
  const { resumeToken } = await resolve(link);
  const again = (token: Record<string, unknown>) =>
    source.resolve(
      { link, options: {}, directory: '/', resume: { token: token as never, durable: [[0, 1000]] } },
      never,
    );
  assert.equal((await again(resumeToken as never)).continues, true);
  assert.equal((await again({ version: 'x' })).continues, false);
});
