import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { aDownload, me, now, present, running, ttl } from '../contract/store/scene.ts';
import { ask } from '../support/ask.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { patterned } from '../support/http-bench.ts';
import { sharedPostgres } from '../support/postgres-server.ts';
import { longhaul, ownPlace, run } from '../support/program.ts';

const server = await sharedPostgres();
after(() => server.stop());

const open = async (url: string, clock = systemClock) => (await openServerStore({ url, clock, log: silentLog })).store;

test('two machines share one queue: what one downloads the other sees, leaves alone, and can pause', async () => {
  const env = { LONGHAUL_DATABASE_URL: await server.database() };
  const body = patterned(3_000_000);
  const web = await startFaultServer({
    body,
    script: ({ number }) => (number === 1 ? { do: 'silence', after: 1_000_000 } : { do: 'serve' }),
  });
  await using here = await ownPlace();
  await using there = await ownPlace();
  try {
    const first = longhaul(['get', `${web.url}/file.iso`, '--connections', '1'], { ...here, env });
    await first.says('downloading');
    const other = { ...there, env };
    const follower = longhaul(['resume-downloads'], other);
    await follower.says('downloading');
    assert.equal((await run(['pause', '1'], other)).code, 0);
    assert.equal((await first.ended).code, 4);
    assert.equal((await follower.ended).code, 4);
    assert.equal((await ask(['resume', '1'], other)).code, 0);
    const last = await run(['resume-downloads', '--json'], { ...here, env });
    assert.equal(last.code, 0, last.stderr);
    assert.equal(
      JSON.parse(last.stdout).attempts,
      2,
      'the other, of the same host name and another folder, took nothing',
    );
    assert.deepEqual(await readFile(join(here.cwd, 'file.iso')), body);
  } finally {
    await web.close();
  }
});

test('a database that cannot be used is one sentence and exit code 5, without the password; get goes on without', async () => {
  await using place = await ownPlace();
  const database = await server.database();
  const closed = 'postgres://joe:hush-hush@127.0.0.1:1/none';
  for (const [link, said] of [
    [closed.replace('postgres:', 'mysql:'), /not the address of a PostgreSQL database/],
    [`${database}_none`, /there is no database/],
    [database.replace('postgres@', 'nobody:hush-hush@'), /does not let the user nobody in/],
  ] as const) {
    const { code, stderr } = await ask(['list'], { ...place, env: { LONGHAUL_DATABASE_URL: link } });
    assert.equal(code, 5, stderr);
    assert.match(stderr, said);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.doesNotMatch(stderr, /hush-hush/);
  }
  const env = { LONGHAUL_DATABASE_URL: closed, LONGHAUL_RETRY_MAX_TRIES: '1' };
  const { code, stderr } = await run(['get', 'http://127.0.0.1:1/x'], { ...place, env });
  assert.equal(code, 3);
  assert.match(stderr, /nothing answers at 127\.0\.0\.1:1.*without a memory/);
  const { stdout } = await run(['config', 'show'], { ...place, env });
  assert.match(stdout, /url: postgres:\/\/\*\*\*@127/);
  assert.doesNotMatch(stdout, /hush-hush/);
});

test('without a server’s address no client of PostgreSQL is loaded', async () => {
  await using place = await ownPlace();
  const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const script = `
    import { createRequire } from 'node:module';
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('node_modules/pg/'));
    const { openLonghaul } = await import(${source('instance/open.ts')});
    await (await openLonghaul({ role: 'command', engine: true, home: ${JSON.stringify(place.home)} })).close();
    const before = loaded();
    await import(${source('store/postgres/open.ts')});
    console.log(JSON.stringify([before, loaded()]));`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  assert.equal(ran.stdout.trim(), '[false,true]', ran.stderr);
});

test('a change by one process wakes the others at once, and whoever reads events after a cursor misses none', async () => {
  const url = await server.database();
  const [reader, ...writers] = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  const tail = present(reader);
  const wanted = 150;
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  let cursor = 0;
  let reading = Promise.resolve();
  const read = async () => {
    for (const { id, kind } of await tail.events({ after: cursor, limit: 1000 })) {
      cursor = id;
      if (kind === 'added') seen.push(id);
    }
    if (seen.length >= wanted) all.resolve();
  };
  const stopReading = tail.onChange(() => {
    reading = reading.then(read);
  });
  await Promise.all(
    writers.map(async (store) => {
      for (let n = 0; n < wanted / writers.length; n += 1) await store.add(aDownload(), systemClock.now());
    }),
  );
  await all.promise;
  stopReading();
  await reading;
  assert.equal(seen.length, wanted);
  await Promise.all([tail, ...writers].map((store) => store.close()));
});

test('of processes that claim at once, and add one link at once, each download has one owner', async () => {
  const url = await server.database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  const asked = aDownload();
  const answers = await Promise.all(stores.map((store) => store.add(asked, systemClock.now())));
  assert.equal(new Set(answers.map(({ download }) => download.id)).size, 1);
  for (let n = 0; n < 99; n += 1) await present(stores[n % 4]).add(aDownload(), systemClock.now());
  const ids = (await present(stores[0]).list({ limit: 1000 })).map(({ id }) => id);
  const claims = await Promise.all(
    stores.map(async (store, n) => {
      const now = systemClock.now();
      return (await Promise.all(ids.map((id) => store.claim(id, `i${n}`, now + ttl, now)))).filter(Boolean);
    }),
  );
  assert.equal(claims.flat().length, ids.length);
  for (const id of ids) assert.equal((await present(stores[0]).attempts(id)).length, 1);
  await Promise.all(stores.map((store) => store.close()));
});

test('of machines that want one path for a partial at once, one gets it', async () => {
  const url = await server.database();
  const stores = await Promise.all([open(url), open(url)]);
  for (let n = 0; n < 10; n += 1) {
    const runs = [await running(present(stores[0])), await running(present(stores[1]))];
    const answers = await Promise.all(
      runs.map(({ claim, fileId }, at) => present(stores[at]).recordPartial(claim.lease, fileId, `/p${n}`, now)),
    );
    assert.deepEqual(answers.toSorted(), ['recorded', 'taken']);
  }
  await Promise.all(stores.map((store) => store.close()));
});

test('clocks that differ by an hour, and one that jumps, agree on which lease has ended', async () => {
  const url = await server.database();
  let ahead = 3_600_000;
  const wrong = { ...systemClock, now: () => systemClock.now() + ahead };
  const [right, other] = await Promise.all([open(url), open(url, wrong)]);
  const { download } = await right.add(aDownload(), systemClock.now());
  const now = systemClock.now();
  const claim = present(await right.claim(download.id, me, now + ttl, now));
  for (ahead of [3_600_000, -3_600_000]) {
    assert.deepEqual(await other.rescue({ dead: [], expiredBefore: wrong.now() }, wrong.now()), []);
    const leaseUntil = present(await other.get(download.id)).leaseUntil ?? 0;
    assert.ok(Math.abs(leaseUntil - wrong.now() - ttl) < 5000, 'it is told by the clock of whoever asks');
  }
  const late = now + ttl + 1;
  assert.equal((await right.rescue({ dead: [], expiredBefore: late }, late)).length, 1);
  assert.equal(await right.change(claim.lease, { to: 'paused' }, late), undefined);
  await Promise.all([right, other].map((store) => store.close()));
});
