import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLog } from '../../src/log/log.ts';
import { migrations, newestSchema } from '../../src/store/migrations/list.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { statementsOf } from '../../src/store/postgres/schema.ts';
import { StoreFailure } from '../../src/store/store.ts';
import { systemClock } from '../../src/time/clock.ts';
import { aDownload, inState } from '../contract/store/scene.ts';
import { sharedPostgres } from '../support/postgres-server.ts';

const server = await sharedPostgres();
after(() => server.stop());
await server.query('CREATE ROLE owner LOGIN; CREATE ROLE worker LOGIN');

const open = (url: string, ownerUrl?: string) =>
  openServerStore({ url, ownerUrl, clock: systemClock, log: silentLog, patience: 2000 });
const as = (role: string, link: string) => link.replace(/\/\/[^@]*@/, `//${role}@`);

/** A database whose tables only `owner` may make. */
async function ownedDatabase(): Promise<string> {
  const link = await server.database();
  await server.query('ALTER SCHEMA public OWNER TO owner', link);
  return link;
}

/** With every table but those of the newest step. */
async function makeOlder(link: string): Promise<void> {
  const statements = migrations.slice(0, -1).flatMap(statementsOf);
  const version = `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at BIGINT NOT NULL);
    INSERT INTO schema_version SELECT n, 0 FROM generate_series(1, ${newestSchema - 1}) n`;
  const grants = 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO worker';
  await server.query(`SET ROLE owner; ${[...statements, version, grants].join(';')}`, link);
}

test('the run-time role needs only to read and write rows, once the owner has made the tables', async () => {
  const link = await ownedDatabase();
  const made = await open(as('worker', link), as('owner', link));
  await made.store.close();
  const { store } = await open(as('worker', link));
  const { id } = await inState(store, 'completed');
  await store.wish(id, { wish: 'remove' }, systemClock.now());
  await store.close();
  const mayMakeTables = await server.query(`SELECT has_schema_privilege('worker', 'public', 'CREATE') AS may`, link);
  assert.deepEqual(mayMakeTables, [{ may: false }]);
});

test('on an empty or an older schema the run-time role says who must act, and the owner’s link is enough', async () => {
  for (const prepare of [async () => {}, makeOlder]) {
    const link = await ownedDatabase();
    await prepare(link);
    await assert.rejects(open(as('worker', link)), (error: Error) => {
      assert.ok(error instanceof StoreFailure, String(error));
      assert.match(error.message, /^the user worker may not .*schema from \d+ to \d+.*LONGHAUL_DATABASE_OWNER_URL/);
      return true;
    });
    const { store } = await open(as('worker', link), as('owner', link));
    await store.add(aDownload(), systemClock.now());
    await store.close();
  }
});

test('tables that the run-time role may not touch are one sentence', async () => {
  const link = await ownedDatabase();
  await (await open(as('owner', link))).store.close();
  await assert.rejects(open(as('worker', link)), /^StoreFailure: the user worker may not use the database .*OWNER_URL/);
  await (await open(as('worker', link), as('owner', link))).store.close();
  await (await open(as('worker', link))).store.close();
});

test('a newer schema is refused, and left as it is', async () => {
  const link = await server.database();
  await (await open(link)).store.close();
  await server.query(`INSERT INTO schema_version VALUES (${newestSchema + 1}, 0)`, link);
  await assert.rejects(open(link), /StoreFailure: the database was written by a newer Longhaul/);
  await assert.rejects(open(link, link), /StoreFailure: the database was written by a newer Longhaul/);
});

test('instances that start together on an empty database make its tables once', async () => {
  const link = await server.database();
  const opened = await Promise.all(Array.from({ length: 5 }, () => open(link)));
  await Promise.all(opened.map(({ store }) => store.add(aDownload(), systemClock.now())));
  assert.equal((await opened[0]?.store.statistics())?.total, 5);
  await Promise.all(opened.map(({ store }) => store.close()));
  const [row] = await server.query('SELECT COUNT(*)::int AS steps FROM schema_version', link);
  assert.deepEqual(row, { steps: newestSchema });
});

/** Word for word as in the older program's documentation. */
const seedQueries = [
  `SELECT id, status, download_path, file_size, retry_count, created_at, completed_at
FROM download_info
ORDER BY created_at DESC;`,
  `SELECT id, status, bytes_downloaded, total_bytes, 
       ROUND((bytes_downloaded::FLOAT / total_bytes) * 100, 1) as progress_pct
FROM download_info
WHERE status = 'downloading';`,
  `SELECT id, retry_count, error_message, updated_at
FROM download_info
WHERE status = 'failed'
ORDER BY updated_at DESC;`,
];

test('the queries of scripts for the older program run unchanged, also on totals of zero', async () => {
  const link = await server.database();
  const { store } = await open(link);
  const states = [
    'pending',
    'downloading',
    'processing',
    'retrying',
    'paused',
    'completed',
    'failed',
    'cancelled',
  ] as const;
  for (const status of states) await inState(store, status);
  const empty = await inState(store, 'downloading');
  await server.query(`UPDATE downloads SET total_bytes = 0, bytes_downloaded = 0 WHERE id = ${empty.id}`, link);
  await store.close();
  const [all = [], running = [], failed = []] = await Promise.all(seedQueries.map((sql) => server.query(sql, link)));
  assert.equal(all.length, states.length + 1);
  const words = new Set(all.map(({ status }) => status));
  assert.deepEqual(words, new Set(['pending', 'downloading', 'completed', 'failed']));
  assert.ok(all.every(({ created_at }) => created_at instanceof Date));
  assert.deepEqual(
    running.map(({ bytes_downloaded, total_bytes, progress_pct }) => [bytes_downloaded, total_bytes, progress_pct]),
    [
      ['600', '1000', '60.0'],
      ['600', '1000', '60.0'],
      ['0', null, null],
    ],
  );
  assert.deepEqual(new Set(failed.map(({ error_message }) => error_message)), new Set(['reset', null]));
});
