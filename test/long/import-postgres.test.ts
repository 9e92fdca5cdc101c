import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { importSchema } from '../../src/contract/schemas.ts';
import { silentLog } from '../../src/log/log.ts';
import { openServerStore } from '../../src/store/postgres/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { ask } from '../support/ask.ts';
import { sharedPostgres } from '../support/postgres-server.ts';
import { ownPlace, run } from '../support/program.ts';

const server = await sharedPostgres();
after(() => server.stop());

const tables = `
CREATE TABLE download_info (id serial PRIMARY KEY, status varchar(50) NOT NULL, download_path text, file_size bigint,
  bytes_downloaded bigint DEFAULT 0, total_bytes bigint, retry_count integer DEFAULT 0 NOT NULL, last_retry_at timestamp,
  error_message text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE processed_lines (id serial PRIMARY KEY, line_content text, line_url text, line_hash text UNIQUE, tvg_name text,
  state text, download_info_id integer);
INSERT INTO download_info (status, total_bytes, created_at, updated_at, error_message)
  SELECT (ARRAY['pending', 'completed', 'failed'])[1 + n % 3], 1000 + n, '2025-01-02 03:04:05.678', '2025-01-02', 'e'
  FROM generate_series(1, 2500) n;
INSERT INTO processed_lines (line_content, line_url, line_hash, tvg_name, state, download_info_id)
  SELECT 'x', 'http://user:word@127.0.0.1:9/' || n, 'h' || n, 'Title ' || n, 'downloaded', n FROM generate_series(1, 2500) n;
INSERT INTO processed_lines (line_url, line_hash, tvg_name, state)
  SELECT 'http://127.0.0.1:9/other/' || n, 'o' || n, 'Other', (ARRAY['processed', 'failed'])[1 + n % 2] FROM generate_series(1, 20) n;
`;

test('a database of Stalkeer comes in whole, once, and is only read', async () => {
  await using place = await ownPlace();
  const link = await server.database();
  await server.query(tables, link);
  const before = await server.query('SELECT xmin, * FROM download_info ORDER BY id', link);
  const reports = [];
  for (const args of [['--dry-run'], [], []]) {
    const end = await (args.length > 0 ? run : ask)(['import', '--json', ...args, link], place);
    assert.equal(end.code, 0, end.stderr);
    reports.push(importSchema.parse(JSON.parse(end.stdout)));
  }
  const [dry, first, again] = reports;
  assert.partialDeepStrictEqual(first, {
    what: 'a database of Stalkeer',
    added: { pending: 833, completed: 834, failed: 843 },
    leftOut: { 'lines of a playlist that nobody downloaded': 10 },
    problemCount: 0,
  });
  assert.deepEqual({ ...dry, dryRun: false }, first);
  assert.partialDeepStrictEqual(again, { known: 2510, added: { pending: 0, completed: 0, failed: 0 } });
  assert.deepEqual(await server.query('SELECT xmin, * FROM download_info ORDER BY id', link), before);

  const { stdout } = await ask(['list', '--json', '--limit', '1', '--status', 'pending'], place);
  assert.partialDeepStrictEqual(JSON.parse(stdout), {
    totalBytes: 3499,
    createdAt: '2025-01-02T03:04:05.678Z',
    metadata: { imported: { from: 'stalkeer', playlist: { download_info_id: 2499 } } },
  });
});

test('a database that cannot be read is said in one sentence, without its password', async () => {
  await using place = await ownPlace();
  const link = await server.database();
  const own = await server.database();
  const { store } = await openServerStore({ url: own, clock: systemClock, log: silentLog });
  await store.close();
  const closed = `postgres://ann:s3cret@127.0.0.1:1/x`;
  for (const [from, code, says] of [
    [link, 2, /neither a table download_info nor processed_lines/],
    [own, 2, /a database of Longhaul; set database\.url/],
    [closed, 3, /nothing answers at 127\.0\.0\.1:1; start the database server/],
    [link.replace(/\/t_\w+$/, '/nowhere'), 3, /there is no database nowhere on 127\.0\.0\.1/],
    ['postgres://ann:s3cret@host', 2, /should look like postgres:/],
    ['https://host/dump.sql', 2, /download it first/],
  ] as const) {
    const end = await ask(['import', from], place);
    assert.equal(end.code, code, end.stderr);
    assert.match(end.stderr, says);
    assert.equal(end.stderr.trimEnd().split('\n').length, 1);
    assert.doesNotMatch(end.stderr, /s3cret/);
  }
});
