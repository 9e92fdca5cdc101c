import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Library, openLonghaul } from '../../src/index.ts';
import { longhaul, ownPlace, run } from '../support/program.ts';
import { allGone, standInMega } from '../support/stand-in-mega.ts';
import { pathTells } from '../support/tells.ts';

const key = `${'k'.repeat(42)}_`;
const link = `https://mega.nz/file/AbCd1234#${key}`;
const place = await ownPlace();
const mega = standInMega(place.cwd);
const library = await openLonghaul({
  home: place.home,
  settings: {
    'mega.engine': 'megacmd',
    'mega.program': mega.program,
    'mega.idle_timeout': '1s',
    'retry.first_wait': '10ms',
  },
});
let count = 0;

after(async () => {
  await library.close();
  await place[Symbol.asyncDispose]();
});

/** Into a folder of its own. */
async function get(more: Partial<Parameters<Library['get']>[0]> = {}) {
  count += 1;
  const directory = join(place.cwd, `to-${count}`);
  const download = await library.get({ link, directory, ifExists: 'new', ...more });
  return { download, directory, names: (await readdir(directory).catch(() => [])).toSorted() };
}

test('one file comes from a folder of its own, and nothing is left beside it', async () => {
  mega.script({ files: { 'a failed error completed.mkv': 'film'.repeat(1000) }, leaves: true });
  const before = mega.calls().length;
  const { download, names, directory } = await get();
  assert.equal(download?.status, 'completed', download?.errorMessage ?? '');
  assert.deepEqual(names, ['a failed error completed.mkv']);
  assert.equal(await readFile(join(directory, names[0] ?? ''), 'utf8'), 'film'.repeat(1000));
  assert.equal((await stat(join(directory, names[0] ?? ''))).mode & 0o777, 0o640);
  assert.deepEqual([download.source, download.fileSize, download.totalBytes], ['megacmd', 4000, 4000]);
  const call = mega.calls().at(before);
  assert.equal(call?.link, link);
  assert.notEqual(call?.folder, directory);
});

test('of a folder all files are kept with their tree, and the largest is the main one', async () => {
  mega.script({ files: { 'Holiday/a.txt': 'a', 'Holiday/deep/b.bin': 'b'.repeat(5000), 'Holiday/deep/c': '' } });
  const { download, directory } = await get();
  assert.equal(download?.downloadPath, join(directory, 'Holiday'));
  assert.equal((await readFile(join(directory, 'Holiday/deep/b.bin'), 'utf8')).length, 5000);
  assert.equal((await stat(join(directory, 'Holiday/deep/c'))).size, 0);
  const { files } = await library.show(String(download?.id));
  assert.deepEqual(
    files.filter(({ main }) => main).map(({ path }) => path),
    ['Holiday/deep/b.bin'],
  );
});

test('the exit code decides, and each means what it says', async () => {
  mega.script({ code: 53, says: '[err: 12:00:00] completed' });
  const gone = (await get()).download;
  assert.deepEqual([gone?.status, gone?.errorClass], ['failed', 'gone']);
  assert.match(gone?.errorMessage ?? '', /it was deleted, or the link is wrong/);
  mega.script({ files: { 'there.bin': 'x' }, code: 64, says: 'identical file exists' });
  assert.equal((await get()).download?.status, 'completed');
  mega.script({});
  assert.match((await get({ options: { maxTries: 1 } })).download?.errorMessage ?? '', /brought no file/);
});

test('a used up quota is a wait until the time it names, then it goes on', async () => {
  const refusal =
    'Transfer not started. \nYou have reached your bandwith quota. Alternatively, you can try again in 5 hours.';
  mega.script({ files: { 'x.bin': 'x' }, refusals: mega.calls().length + 1, refusal });
  const { download } = await get({ wait: 1000 });
  assert.deepEqual([download?.status, download?.waitingFor], ['retrying', 'quota']);
  const wait = (download?.nextAttemptAt ?? 0) - Date.now();
  assert.ok(wait > 4.9 * 3_600_000 && wait <= 5 * 3_600_000, String(wait));
  await library.control(download?.id ?? 0, 'retry');
  const ended = await library.get({ link, directory: download?.directory ?? '', ifExists: 'follow' });
  assert.equal(ended?.status, 'completed');
});

test('cancelled it ends with everything it started, and its folder is gone', async () => {
  mega.script({ files: { 'x.bin': 'x'.repeat(4000) }, hangs: true });
  const before = mega.calls().length;
  const progressed = Promise.withResolvers<void>();
  const stop = library.onProgress(
    ({ bytes, totalBytes }) => bytes === 3 * 256 && totalBytes === 3 * 1024 && progressed.resolve(),
  );
  const ending = get();
  await mega.called(before + 1);
  await progressed.promise;
  stop();
  const [row] = await library.list({ statuses: ['downloading'] });
  await library.control(row?.id ?? 0, 'cancel');
  const { download, directory } = await ending;
  assert.equal(download?.status, 'cancelled');
  await allGone(mega.calls().at(before)?.pids ?? []);
  // What MEGAcmd's server does for mega-get does not end with it.
  await mega.endsTransfers();
  // The state is recorded first, so that a crash in between leaves a file too many.
  await pathTells(directory, async () => (await readdir(directory)).length === 0 || undefined);
});

test('silence ends it, however long it ran, and it is tried again in another folder', async () => {
  mega.script({ files: { 'x.bin': 'x'.repeat(4000) }, hangs: true });
  const before = mega.calls().length;
  const ending = get();
  await mega.called(before + 1);
  mega.script({ files: { 'x.bin': 'x'.repeat(4000) } });
  const { download } = await ending;
  assert.equal(download?.status, 'completed');
  const [first, second] = mega.calls().slice(before);
  assert.notEqual(first?.folder, second?.folder);
  await allGone(first?.pids ?? []);
  assert.match(JSON.stringify(await library.show(String(download?.id))), /neither said nor wrote anything for 1 s/);
});

test('killed in the middle, what it left is gone when it has been fetched again', async () => {
  await using own = await ownPlace();
  const at = { ...own, env: { LONGHAUL_MEGA_PROGRAM: mega.program } };
  mega.script({ files: { 'x.bin': 'x'.repeat(4000) }, hangs: true });
  const before = mega.calls().length;
  const first = longhaul(['get', link, '--source', 'megacmd'], at);
  await mega.called(before + 1);
  first.kill('SIGKILL');
  await first.ended;
  for (const pid of mega.calls().at(before)?.pids ?? []) endIfThere(pid);
  assert.equal(mega.transfers().length, 1, 'the server goes on');
  mega.script({ files: { 'x.bin': 'x'.repeat(4000) } });
  const again = await run(['resume-downloads'], at);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual((await readdir(at.cwd)).toSorted(), ['home', 'x.bin']);
  assert.deepEqual(mega.transfers(), [], 'what nobody waits for was ended');
  assert.ok(!`${again.stdout}${again.stderr}`.includes(key));
});

test('a program that is not there, and a source that does not take the link, are said in one sentence', async () => {
  await using own = await ownPlace();
  const at = { ...own, env: { LONGHAUL_MEGA_PROGRAM: '/nowhere/mega-get' } };
  const missing = await run(['get', link, '--source', 'megacmd'], at);
  assert.equal(missing.code, 3);
  assert.match(missing.stderr, /\/nowhere\/mega-get of MEGAcmd is not installed; install MEGAcmd, set mega\.program/);
  const other = await run(['get', link, '--source', 'sftp'], at);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /the source sftp does not take .*mega\.nz\/file\/AbCd1234#\*\*\*/);
  assert.ok(!`${missing.stderr}${other.stderr}`.includes(key));
});

/** Whose reader is gone may have ended by itself. */
function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}
