import assert from 'node:assert/strict';
import { readdir, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { statsSchema, tidiedSchema } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

/** Serves each path with itself as its content. */
async function smallServer(context: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const body = request.url ?? '';
    response.writeHead(200, { 'content-length': body.length, etag: '"v1"', 'accept-ranges': 'bytes' });
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function delivered(place: Place): Promise<string[]> {
  return (await readdir(place.cwd)).filter((name) => name !== 'home').toSorted();
}

async function statuses(place: Place): Promise<unknown[]> {
  const { stdout } = await ask(['list', '--json'], place);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .toReversed()
    .map(({ status }) => status);
}

test('after each completion only so many files are kept; what was cleaned can be fetched again', async (context) => {
  const url = await smallServer(context);
  await using place = await ownPlace();
  const keeping = { ...place, env: { LONGHAUL_RETENTION_MAX_FILES: '2' } };
  for (const name of ['a', 'b', 'c']) assert.equal((await run(['get', `${url}/${name}`], keeping)).code, 0);
  assert.deepEqual(await delivered(place), ['b', 'c']);
  assert.deepEqual(await statuses(place), ['cleaned', 'completed', 'completed']);
  const shown = await ask(['show', '1'], place);
  assert.match(shown.stdout, /completed → cleaned {2}rule max_files, limit 2/);
  assert.equal((await run(['retry', '1'], place)).code, 0);
  const again = await run(['resume-downloads'], keeping);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(await delivered(place), ['a', 'c']);
});

test('tidy says what it would delete, deletes it, and leaves what the user changed', async (context) => {
  const url = await smallServer(context);
  await using place = await ownPlace();
  await run(['--set', 'queue.slots=1', 'get', `${url}/{a,b,c,d}`], place);
  assert.equal((await run(['tidy'], place)).stderr, 'nothing to tidy\n', 'off unless set');
  await writeFile(join(place.cwd, 'a'), 'my own words');
  await unlink(join(place.cwd, 'b'));
  const rules = ['--set', 'retention.max_files=1', 'tidy'];
  const dry = await ask([...rules, '--dry-run'], place);
  assert.match(dry.stdout, /^· 1 \S+\/a was changed or replaced since it was delivered; retention leaves it alone$/m);
  assert.match(dry.stdout, /^· 2 \S+\/b was moved or deleted; retention leaves it alone$/m);
  assert.match(dry.stdout, /^◌ 3 \S+\/c: would be deleted, 2 B \(retention\.max_files is 1\)$/m);
  assert.equal(dry.stderr, '2 B would be freed; nothing was deleted\n');
  assert.deepEqual(await delivered(place), ['a', 'c', 'd']);
  const end = await run([...rules, '--json'], place);
  assert.equal(end.code, 0, end.stderr);
  const report = tidiedSchema.parse(JSON.parse(end.stdout));
  assert.deepEqual(report.actions.map(({ kind }) => kind).toSorted(), ['cleaned', 'let go', 'let go']);
  assert.deepEqual(await delivered(place), ['a', 'd']);
  assert.deepEqual(JSON.parse((await ask([...rules, '--json'], place)).stdout).actions, []);
});

test('stats tell what was downloaded, for people and for programs', async (context) => {
  const url = await smallServer(context);
  await using place = await ownPlace();
  await run(['get', `${url}/a`, `${url}/b`], place);
  const end = await run(['stats', '--since', '1h'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.match(
    end.stdout,
    /^since \S.*\n2 downloads · 2 completed\n4 B delivered · 4 B fetched · \S+ \S+\/s on average/,
  );
  assert.match(end.stdout, /100\.0 % succeeded · 2 tries, 0 of them again · 0 of 0 resumes went on/);
  assert.match(end.stdout, /source +completed +failed +bytes\nhttp +2 +0 +4 B\n/);
  const figures = statsSchema.parse(JSON.parse((await ask(['stats', '--json'], place)).stdout));
  assert.partialDeepStrictEqual(figures, {
    total: 2,
    successRate: 1,
    deliveredBytes: 4,
    byDay: [{ completed: 2, bytes: 4 }],
  });
  assert.equal(JSON.parse((await ask(['stats', '--since', '2999-01-01', '--json'], place)).stdout).total, 0);
});
