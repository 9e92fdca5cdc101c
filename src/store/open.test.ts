import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { manualClock } from '../../test/support/manual-clock.ts';
import { silentLog } from '../log/log.ts';
import { systemClock } from '../time/clock.ts';
import { newestSchema } from './migrations/list.ts';
import { openStore } from './open.ts';
import { checkSqliteVersion, openConnection } from './sqlite.ts';
import { storeFailureOf } from './sqlite-failure.ts';
import { claimableInPlace } from './statements/claimable-in-place.ts';
import { claimableSteps } from './statements/claimable-steps.ts';
import { stepsGivenUp } from './statements/steps-given-up.ts';
import { type NewDownload, type Store, StoreFailure } from './store.ts';

const now = 1_700_000_000_123;
const download: NewDownload = {
  source: 'http',
  link: 'http://host/a',
  linkKey: 'http://host/a',
  directory: '/downloads',
  options: {},
  metadata: {},
  runner: null,
  ifExists: 'follow',
};

test('the folder is 0700, every file of the database 0600', async (t) => {
  const { path, store } = await opened(t);
  await store.add(download, now);
  assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  for (const ending of ['', '-wal', '-shm', '.lock']) {
    assert.equal((await stat(path + ending)).mode & 0o777, 0o600, ending);
  }
});

test('modes that were too wide are narrowed', async (t) => {
  const { path, store } = await opened(t);
  await store.close();
  await chmod(path, 0o666);
  await chmod(dirname(path), 0o777);
  await reopened(t, path);
  assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a commit is on the disk when it returns, and a reader never waits for a writer', async (t) => {
  const { path } = await opened(t);
  using connection = openConnection(path);
  const of = (pragma: string) => Object.values(connection.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  const full = 2;
  assert.deepEqual([of('synchronous'), of('journal_mode'), of('foreign_keys')], [full, 'wal', 1]);
});

test('what was written is there after closing and opening; closing twice is fine', async (t) => {
  const { path, store } = await opened(t);
  const { download: row } = await store.add(download, now);
  await store.close();
  await store.close();
  assert.deepEqual(await (await reopened(t, path)).get(row.id), row);
  await assert.rejects(store.get(row.id), new StoreFailure('the store is closed'));
});

test('a newer schema is refused and left alone', async (t) => {
  const { path, store } = await opened(t);
  await store.close();
  raw(t, path).exec(`PRAGMA user_version = ${newestSchema + 1}`);
  await assert.rejects(openStore({ path, clock: systemClock, log: silentLog }), (error) => {
    assert.ok(error instanceof StoreFailure);
    assert.match(error.message, /written by a newer Longhaul \(schema \d+, this one knows \d+; .*update Longhaul/);
    return true;
  });
  assert.equal(raw(t, path).prepare('PRAGMA user_version').get()?.user_version, newestSchema + 1);
});

test('a lock of another program is waited for while the loop turns, then said', async (t) => {
  const clock = manualClock(now);
  const { path, store } = await opened(t, clock);
  const other = raw(t, path);
  other.exec('BEGIN IMMEDIATE');
  const adding = store.add(download, now);
  await clock.untilWaiting();
  assert.equal((await store.list({ limit: 1 })).length, 0, 'reading goes on');
  other.exec('COMMIT');
  await clock.advance(200);
  assert.equal((await adding).download.id, 1);

  other.exec('BEGIN IMMEDIATE');
  const failing = assert.rejects(store.add({ ...download, ifExists: 'new' }, now), (error) => {
    assert.ok(error instanceof StoreFailure);
    assert.match(error.message, /^the database is locked by another program \(.*\): close what has it open/);
    return true;
  });
  await clock.advance(1500);
  await failing;
  other.exec('COMMIT');
});

test('a database that is locked while it is opened is waited for, then said', async (t) => {
  const { path, store } = await opened(t);
  await store.close();
  const other = raw(t, path);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE theirs (x)');
  const clock = manualClock(now);
  const opening = assert.rejects(
    openStore({ path, clock, log: silentLog, patience: 1000 }),
    /locked by another program/,
  );
  await clock.untilWaiting();
  await clock.advance(2000);
  await opening;
});

test('an event that cannot be written takes its change back with it', async (t) => {
  const { path, store } = await opened(t);
  const { download: row } = await store.add(download, now);
  raw(t, path).exec("CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no events'); END");
  const before = await store.get(row.id);
  await assert.rejects(store.claim(row.id, 'me', now + 1, now), /no events/);
  await assert.rejects(store.wish(row.id, { wish: 'pause' }, now), /no events/);
  await assert.rejects(store.wish(row.id, { wish: 'remove' }, now), /no events/);
  await assert.rejects(store.add({ ...download, ifExists: 'new' }, now), /no events/);
  assert.deepEqual(await store.get(row.id), before);
  assert.equal((await store.list({ limit: 9 })).length, 1);
  assert.deepEqual(await store.attempts(row.id), []);
});

test('a database that is moved away under a running instance takes no writes into nothing', async (t) => {
  const { path, store } = await opened(t);
  await store.add(download, now);
  await rm(path);
  await assert.rejects(
    store.add({ ...download, ifExists: 'new' }, now),
    /moved, deleted or replaced while it was in use/,
  );
});

test('a file where the folder belongs is one clear sentence', async (t) => {
  const home = await temporaryHome(t);
  await writeFile(join(home, 'db'), '');
  await assert.rejects(
    openStore({ path: join(home, 'db', 'longhaul.db'), clock: systemClock, log: silentLog }),
    (error) => {
      assert.ok(error instanceof StoreFailure);
      assert.match(error.message, /^something else stands where the database belongs/);
      return true;
    },
  );
});

test('a full disk, a read-only file and a lacking permission are one clear sentence with a next step', async (t) => {
  const { path } = await opened(t);
  const full = raw(t, path);
  full.exec('PRAGMA max_page_count = 1');
  const readOnly = raw(t, path, true);
  const cases: [() => unknown, RegExp][] = [
    [
      () => full.exec(`CREATE TABLE filler AS SELECT zeroblob(100000)`),
      /^the disk of the database is full .*free some space/,
    ],
    [() => readOnly.exec('DELETE FROM downloads'), /^the database cannot be written .*make the file .*writable/],
    [() => new DatabaseSync(join(path, 'under-a-file')), /^the database cannot be opened/],
    [() => failWith('EACCES'), /^the database cannot be written/],
    [() => failWith('EROFS'), /^the database lies on a read-only disk .*LONGHAUL_HOME/],
    [() => failWith('ENOSPC'), /^the disk of the database is full/],
    [() => failWith('ENAMETOOLONG'), /^no database can be made there .*LONGHAUL_HOME/],
    [() => failedInput(), /^the disk of the database does not read or write/],
  ];
  for (const [fail, sentence] of cases) {
    assert.throws(fail, (error) => {
      const failure = storeFailureOf(error, path);
      assert.ok(failure instanceof StoreFailure, String(error));
      assert.match(failure.message, sentence);
      return true;
    });
  }
  assert.throws(failedInput, (error) => /database is full/.test(String(storeFailureOf(error, path, () => true))));
  const bug = new TypeError('a bug');
  assert.equal(storeFailureOf(bug, path), bug, 'a bug stays a bug');
});

test('a SQLite that may lose a commit is refused', () => {
  for (const old of ['3.51.2', '3.9.0', '2.99.99', 'none']) assert.throws(() => checkSqliteVersion(old), StoreFailure);
  for (const good of ['3.51.3', '3.52.0', '4.0.0']) checkSqliteVersion(good);
});

test('readers of the older table find its columns, its words and its timestamps', async (t) => {
  const { path, store } = await opened(t);
  const { download: row } = await store.add(download, now);
  await store.claim(row.id, 'me', now + 1, now);
  const view = raw(t, path);
  assert.deepEqual(
    { ...view.prepare('SELECT * FROM download_info').get() },
    {
      id: 1,
      status: 'downloading',
      download_path: null,
      file_size: null,
      bytes_downloaded: 0,
      total_bytes: null,
      resume_token: null,
      retry_count: 0,
      last_retry_at: null,
      locked_at: '2023-11-14 22:13:20.123',
      locked_by: 'me',
      started_at: '2023-11-14 22:13:20.123',
      completed_at: null,
      error_message: null,
      created_at: '2023-11-14 22:13:20.123',
      updated_at: '2023-11-14 22:13:20.123',
    },
  );
  const words = {
    retrying: 'pending',
    paused: 'pending',
    cancelled: 'failed',
    cleaned: 'completed',
    pending: 'pending',
  };
  for (const [ours, theirs] of Object.entries(words)) {
    view.prepare('UPDATE downloads SET status = :ours, locked_by = NULL, total_bytes = 0').run({ ours });
    const seen = view.prepare('SELECT status, total_bytes FROM download_info').get();
    assert.deepEqual({ ...seen }, { status: theirs, total_bytes: null });
  }
});

test('however many wait for their steps, an index tells whose turn it is', async (t) => {
  const { path, store } = await opened(t);
  await store.close();
  const database = raw(t, path, true);
  for (const [{ sql }, index] of [
    [claimableSteps, 'downloads_for_steps'],
    [claimableInPlace, 'downloads_in_place'],
    [stepsGivenUp, 'steps_marked'],
  ] as const) {
    const plan = JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${sql.replaceAll(/:[a-z_]+/g, '1')}`).all());
    assert.match(plan, new RegExp(`USING INDEX ${index}\\b`));
    assert.doesNotMatch(plan, /TEMP B-TREE/);
  }
});

async function temporaryHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-store-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

async function opened(t: TestContext, clock = systemClock) {
  const path = join(await temporaryHome(t), 'db', 'longhaul.db');
  return { path, store: await reopened(t, path, clock) };
}

async function reopened(t: TestContext, path: string, clock = systemClock): Promise<Store> {
  const { store, warnings } = await openStore({ path, clock, log: silentLog, patience: 1000 });
  t.after(() => store.close());
  assert.deepEqual(warnings, []);
  return store;
}

function raw(t: TestContext, path: string, readOnly = false): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly });
  t.after(() => connection.close());
  return connection;
}

/** As SQLite says it when a read or write failed. */
function failedInput(): never {
  throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
}

function failWith(code: string): never {
  throw Object.assign(new Error(code), { code });
}
