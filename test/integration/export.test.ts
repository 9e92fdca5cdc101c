import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

/** Serves each path with itself as its content; `/no` is not there. */
async function smallServer(context: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/no') return void response.writeHead(404, { 'content-length': 0 }).end();
    const body = request.url ?? '';
    response.writeHead(200, { 'content-length': body.length, etag: '"v1"' }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  return `http://ann:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function rows(place: Place): Promise<Record<string, unknown>[]> {
  const { stdout } = await ask(['list', '--all', '--json'], place);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Completed, failed, and waiting. */
async function filled(context: TestContext, place: Place): Promise<string> {
  const url = await smallServer(context);
  await run(['--set', 'queue.slots=1', 'get', `${url}/a`, `${url}/no`, '--meta', 'order=42'], place);
  await ask(['add', `${url}/later`, '-H', 'X-Key: hidden', '--limit-rate', '5MB'], place);
  return url;
}

const same = ({ id: _id, attempts: _attempts, bytes: _bytes, ...rest }: Record<string, unknown>) => rest;

test('an export comes in on another machine as it was, once, and can go on there', async (context) => {
  await using here = await ownPlace();
  await using there = await ownPlace();
  await filled(context, here);
  const file = join(here.cwd, 'all.json');
  const end = await run(['export', '--secrets', file], here);
  assert.deepEqual([end.code, end.stdout], [0, `✔ 3 downloads written to ${file}\n`], end.stderr);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const again = await ask(['export', file], here);
  assert.deepEqual([again.code, again.stderr], [2, `✖ ${file} is there already; name another file\n`]);
  const first = await run(['import', file], there);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /is an export of Longhaul\n.*3 downloads imported: 1 pending, 1 completed, 1 failed/);
  const sorted = (all: Record<string, unknown>[]) =>
    all.map(same).toSorted((a, b) => (String(a.uid) < String(b.uid) ? -1 : 1));
  assert.deepEqual(sorted(await rows(there)), sorted(await rows(here)));
  assert.match((await ask(['import', file], there)).stdout, /3 downloads imported before: left alone/);
  assert.match((await ask(['import', file], here)).stdout, /3 downloads imported before: left alone/);
  const went = await run(['resume-downloads'], there);
  assert.equal(went.code, 0, went.stderr);
});

test('without --secrets none is in it, and what needs one comes in paused', async (context) => {
  await using here = await ownPlace();
  await using there = await ownPlace();
  await filled(context, here);
  const { stdout } = await ask(['export'], here);
  assert.doesNotMatch(stdout, /secret@|hidden/);
  const document = JSON.parse(stdout);
  assert.deepEqual(
    [document.format, document.version, document.secrets, document.downloads.length],
    ['longhaul-export', 1, false, 3],
  );
  await writeFile(join(there.cwd, 'in.json'), stdout);
  assert.match((await ask(['import', 'in.json'], there)).stdout, /1 paused, 1 completed, 1 failed/);
});

test('of a damaged export what is whole comes in; one of a newer form is refused', async (context) => {
  await using here = await ownPlace();
  await using there = await ownPlace();
  await filled(context, here);
  const file = join(here.cwd, 'all.json');
  await ask(['export', file], here);
  const text = await readFile(file, 'utf8');
  await truncate(file, text.length - 300);
  const end = await ask(['import', file], there);
  assert.equal(end.code, 3);
  assert.match(end.stdout, /2 downloads imported/);
  assert.match(end.stderr, /line 4: /);
  await writeFile(file, text.replace('"version":1', '"version":2'));
  const newer = await ask(['import', file], there);
  assert.deepEqual([newer.code, /newer Longhaul; update this one/.test(newer.stderr)], [2, true]);
});

test('as a table, and of a time', async (context) => {
  await using here = await ownPlace();
  await filled(context, here);
  const file = join(here.cwd, 'all.csv');
  const end = await ask(['export', '--json', file], here);
  assert.deepEqual(JSON.parse(end.stdout), { file, downloads: 3 });
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0] ?? '', /^uid,name,status,link,/);
  assert.match(lines[3] ?? '', /,a,completed,http:\/\/\*\*\*@127/);
  assert.equal(JSON.parse((await ask(['export', '--since', '2999-01-01'], here)).stdout).downloads.length, 0);
  assert.equal(JSON.parse((await ask(['export', '--since', '1h'], here)).stdout).downloads.length, 3);
  const wrong = await ask(['export', '--since', '12'], here);
  assert.deepEqual([wrong.code, /such as 7d or 12h/.test(wrong.stderr)], [2, true]);
});
