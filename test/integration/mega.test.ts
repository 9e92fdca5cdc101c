import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { patterned } from '../support/http-bench.ts';
import { sha256 } from '../support/killed-download.ts';
import { startMegaServer } from '../support/mega-server.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';

const bytes = patterned(3_000_001);
const digest = createHash('sha256').update(bytes).digest('hex');
const server = await startMegaServer();
const link = await server.shareFile('film.mkv', bytes);
const key = link.split('#')[1] ?? '';
const folder = await server.shareFolder('Holiday', {
  'a.txt': Buffer.from('first'),
  'deep/b.bin': patterned(400_000),
});

beforeEach(() => server.heal());
after(() => server.stop());

async function place(): Promise<Place & AsyncDisposable> {
  const own = await ownPlace();
  return { ...own, env: { LONGHAUL_MEGA_GATEWAY: server.gateway, LONGHAUL_CHECKPOINT_BYTES: '200kB' } };
}

const names = async (at: Place) => (await readdir(at.cwd)).filter((name) => name !== 'home').toSorted();

test('a file comes whole, proved by its MAC, and its key is shown nowhere', async () => {
  await using at = await place();
  const got = await run(['get', link, '--json'], at);
  assert.equal(got.code, 0, got.stderr);
  const shown = JSON.parse(got.stdout);
  assert.equal(shown.integrity, 'checksum');
  assert.equal(await sha256(join(at.cwd, 'film.mkv')), digest);
  const words = [got.stdout, got.stderr];
  for (const verb of [['show', '1'], ['list', '--json'], ['history'], ['show', '1', '--json'], ['export']]) {
    const said = await run(verb, at);
    words.push(said.stdout, said.stderr);
  }
  assert.ok(!words.join('').includes(key));
  assert.match(words.join(''), /mega\.nz\/file\/\w{8}#\*\*\*/);
});

test('a folder keeps its tree', async () => {
  await using at = await place();
  const got = await run(['get', folder, '--json'], at);
  assert.equal(got.code, 0, got.stderr);
  assert.equal(JSON.parse(got.stdout).path, join(at.cwd, 'Holiday'));
  assert.deepEqual(await readFile(join(at.cwd, 'Holiday/deep/b.bin')), patterned(400_000));
  assert.equal(await readFile(join(at.cwd, 'Holiday/a.txt'), 'utf8'), 'first');
});

test('killed in the middle it goes on where it was, to the same SHA-256', async () => {
  await using at = await place();
  server.faults.stallAfter = 2_000_000;
  const first = longhaul(['get', link], at);
  for (let known = 0; known < 1_000_000; ) {
    const row = (await run(['list', '--json'], at)).stdout;
    known = row === '' ? 0 : (JSON.parse(row).bytes ?? 0);
  }
  first.kill('SIGKILL');
  await first.ended;
  server.heal();
  const again = await run(['resume-downloads'], at);
  assert.equal(again.code, 0, again.stderr);
  assert.ok((server.asked[0]?.[0] ?? 0) >= 900_000, JSON.stringify(server.asked[0]));
  assert.equal(await sha256(join(at.cwd, 'film.mkv')), digest);
});

test('a used up quota is a wait until the time that MEGA names, then it goes on', async () => {
  await using at = await place();
  Object.assign(server.faults, { overQuota: 100, quotaLeft: 3600 });
  const waits = await run(['get', link, '--wait', '1s', '--json'], at);
  assert.equal(waits.code, 4, waits.stderr);
  const row = JSON.parse((await run(['list', '--json'], at)).stdout);
  assert.deepEqual([row.status, row.waitingFor], ['retrying', 'quota']);
  const wait = (Date.parse(row.nextAttemptAt) - Date.now()) / 1000;
  assert.ok(wait > 3500 && wait <= 3600, String(wait));
  Object.assign(server.faults, { overQuota: 1, quotaLeft: 1 });
  const other = await run(['get', link, '--if-exists', 'new', '-d', join(at.cwd, 'other'), '--connections', '1'], at);
  assert.equal(other.code, 0, other.stderr);
  assert.equal(await sha256(join(at.cwd, 'other/film.mkv')), digest);
});

test('a changed byte is found by the MAC, fetched once more, then failed and never delivered', async () => {
  await using at = await place();
  server.faults.flipAt = 1_234_567;
  const got = await run(['get', link], at);
  assert.equal(got.code, 3, got.stderr);
  assert.match(got.stderr, /MAC does not match/);
  assert.ok(!(await names(at)).includes('film.mkv'));
  assert.equal(server.asked.filter(([from]) => from === 0).length, 2);
});

test('a wrong key and a deleted file are said as such', async () => {
  await using at = await place();
  const wrong = await run(['get', link.replace(key, `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`)], at);
  assert.match(wrong.stderr, /the key in the MEGA link is wrong/);
  server.faults.apiError = -9;
  const gone = await run(['get', folder], at);
  assert.match(gone.stderr, /it was deleted, or the link is wrong/);
  for (const end of [wrong, gone]) assert.notEqual(end.code, 0);
  assert.deepEqual(await names(at), []);
});

test('answers that end too early are asked for again and never taken for the end', async () => {
  await using at = await place();
  server.faults.cutShort = true;
  const first = longhaul(['get', link, '--retry-wait', '10ms'], at);
  await first.says(/ended an answer before all its bytes|closed the connection/);
  server.heal();
  assert.equal((await first.ended).code, 0);
  assert.equal(await sha256(join(at.cwd, 'film.mkv')), digest);
});
