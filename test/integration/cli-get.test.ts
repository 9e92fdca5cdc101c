import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { downloadSchema } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { type FaultServer, startFaultServer } from '../support/fault-server.ts';
import { patterned } from '../support/http-bench.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';

const body = patterned(3_000_000);

/** Serves the file, but the first answer stops in the middle and stays open: time for the test to act. */
async function stallingServer(): Promise<FaultServer> {
  return startFaultServer({
    body,
    script: ({ number }) => (number === 1 ? { do: 'silence', after: 1_000_000 } : { do: 'serve' }),
  });
}

async function rowOf(
  id: number,
  place: Place,
): Promise<ReturnType<typeof downloadSchema.parse> & Record<string, unknown>> {
  return JSON.parse((await ask(['show', String(id), '--json'], place)).stdout);
}

test('several links: each is told when it ends, as JSON of one shape everywhere, and the worst decides the code', async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({
    body,
    script: ({ target }) => (target === '/gone' ? { do: 'status', status: 404 } : { do: 'serve' }),
  });
  try {
    const end = await run(
      ['get', '--json', '--meta', 'for=ann', `${server.url}/a.bin`, `${server.url}/b.bin`, `${server.url}/gone`],
      place,
    );
    assert.equal(end.code, 3);
    const told = end.stdout
      .trimEnd()
      .split('\n')
      .map((line) => downloadSchema.parse(JSON.parse(line)));
    assert.deepEqual(told.map(({ status }) => status).toSorted(), ['completed', 'completed', 'failed']);
    const list = (await ask(['list', '--json'], place)).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      list.toSorted((a, b) => a.id - b.id),
      told.toSorted((a, b) => a.id - b.id),
    );
    const { downloads, statistics } = JSON.parse((await run(['history', '--json'], place)).stdout);
    assert.deepEqual(downloads, list);
    assert.deepEqual(statistics, { total: 3, completed: 2, failed: 1, cancelled: 0, inProgress: 0, bytes: 6_000_000 });
    const delivered = told.find(({ name }) => name === 'a.bin');
    assert.equal(delivered?.path, join(place.cwd, 'a.bin'));
    assert.deepEqual(delivered?.metadata, { for: 'ann' });
    assert.deepEqual(await readFile(join(place.cwd, 'a.bin')), body);
  } finally {
    await server.close();
  }
});

test('Ctrl-C keeps what is there and says how to go on; resume-downloads goes on there', async () => {
  await using place = await ownPlace();
  const server = await stallingServer();
  try {
    const get = longhaul(['get', `${server.url}/film.mkv`], place);
    await server.untilRequests(1);
    await get.says('downloading');
    await untilBytes(1, 1, place);
    get.kill('SIGINT');
    const end = await get.ended;
    assert.equal(end.code, 130);
    assert.match(end.stderr, /stopped; resume with: longhaul resume-downloads\n$/);
    assert.equal(end.stdout, '');
    const dry = await run(['resume-downloads', '--dry-run'], place);
    assert.match(dry.stdout, /film\.mkv: would go on; nobody is running .*longhaul resume-downloads/);
    const resumed = await run(['resume-downloads'], place);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(await readFile(join(place.cwd, 'film.mkv')), body);
    assert.ok(
      server.requests.some(({ headers }) => /^bytes=[1-9]/.test(headers.get('range') ?? '')),
      'it went on and did not begin again',
    );
    assert.equal((await rowOf(1, place)).attempts, 2);
  } finally {
    await server.close();
  }
});

test('pause from another terminal ends get with 4 within a second; a paused one is resumed by name', async () => {
  await using place = await ownPlace();
  const server = await stallingServer();
  try {
    const get = longhaul(['get', `${server.url}/film.mkv`], place);
    await server.untilRequests(1);
    await get.says('downloading');
    const pause = await run(['pause', '1'], place);
    assert.equal(pause.stdout, '‖ 1 film.mkv: paused\n');
    const obeyed = performance.now();
    const end = await get.ended;
    assert.ok(performance.now() - obeyed < 1000);
    assert.equal(end.code, 4);
    assert.match(end.stderr, /paused at .*; go on with: longhaul resume 1/);
    assert.match((await run(['resume-downloads'], place)).stderr, /nothing to resume/);
    const resume = await run(['resume', '1'], place);
    assert.match(resume.stdout, /resumed; nobody is running .*start with: longhaul resume-downloads/);
    assert.equal((await run(['resume-downloads'], place)).code, 0);
    assert.deepEqual(await readFile(join(place.cwd, 'film.mkv')), body);
  } finally {
    await server.close();
  }
});

test('the same link in a second terminal is followed; cancelling it ends both', async () => {
  await using place = await ownPlace();
  const server = await stallingServer();
  try {
    const first = longhaul(['get', `${server.url}/film.mkv`], place);
    await server.untilRequests(1);
    await first.says('downloading');
    const second = longhaul(['get', `${server.url.replace('http', 'HTTP')}/film.mkv#again`], place);
    await second.says(/already there as 1 \(.*process \d+.*\), following it/);
    assert.equal((await run(['cancel', '1'], place)).code, 0);
    assert.deepEqual([(await first.ended).code, (await second.ended).code], [3, 3]);
    assert.equal(server.requests.length, 1);
    assert.match((await first.ended).stderr, /cancelled at .*longhaul retry 1/);
  } finally {
    await server.close();
  }
});

test('a wait beyond --wait is left for later with exit code 4', async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({
    script: () => ({ do: 'status', status: 503, headers: ['Retry-After: 3600'] }),
  });
  try {
    const end = await run(['get', '--wait', '30s', `${server.url}/x`], place);
    assert.equal(end.code, 4);
    assert.match(end.stderr, /503.*the next try is at .* \(in (59|1h)/);
    const row = await rowOf(1, place);
    assert.equal(row.status, 'retrying');
    assert.ok(row.nextAttemptAt);
  } finally {
    await server.close();
  }
});

test('a checksum that does not match is a failure, one that matches is told', async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({ body: Buffer.from('hello') });
  const good = 'sha-256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  try {
    const bad = await run(['get', '--checksum', good.replace('2cf', '000'), `${server.url}/a`], place);
    assert.equal(bad.code, 3);
    assert.match(bad.stderr, /sha-256/);
    const end = await run(['get', '--json', '--checksum', good, `${server.url}/b`], place);
    assert.equal(JSON.parse(end.stdout).integrity, 'checksum');
  } finally {
    await server.close();
  }
});

test('secrets in a link and in headers are never shown', async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({ body: Buffer.from('hello') });
  const link = `${server.url.replace('http://', 'http://ann:PLANTED@')}/x?password=PLANTED`;
  try {
    const shown = [await run(['get', '--json', '--header', 'Authorization: Bearer PLANTED', link], place)];
    assert.equal(shown[0]?.code, 0, shown[0]?.stderr);
    for (const verb of [
      ['list'],
      ['list', '--json'],
      ['show', '1'],
      ['show', '1', '--json'],
      ['history'],
      ['retry', '1'],
    ]) {
      shown.push(await ask(verb, place));
    }
    for (const { stdout, stderr } of shown) assert.doesNotMatch(stdout + stderr, /PLANTED/);
  } finally {
    await server.close();
  }
});

/** Looks at the row through the program until the process that fetches it says that bytes have come. */
async function untilBytes(id: number, attempts: number, place: Place): Promise<void> {
  for (;;) {
    const row = downloadSchema.loose().parse(await rowOf(id, place));
    if (row.attempts >= attempts && row.live && row.live.bytes > row.bytes) return;
  }
}
