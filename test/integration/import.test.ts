import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { importSchema, type WireImport } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

async function imported(place: Place, ...args: readonly string[]): Promise<WireImport> {
  const end = await ask(['import', '--json', ...args], place);
  assert.ok(end.stdout !== '', end.stderr);
  const report = importSchema.parse(JSON.parse(end.stdout));
  assert.equal(end.code, report.problemCount > 0 ? 3 : 0, end.stderr);
  return report;
}

async function rows(place: Place): Promise<Record<string, unknown>[]> {
  const { stdout } = await ask(['list', '--all', '--json'], place);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const tracker = {
  downloads: {
    a: {
      url: 'https://mega.nz/file/aaaaaaaa#topsecretkey',
      download_id: 'a',
      started_at: '2024-01-01T12:00:00',
      status: 'completed',
      filename: 'stands.mp4',
      file_path: './temp/stands.mp4',
      file_size: 5,
      completed_at: '2024-01-01T12:05:00',
    },
    b: {
      url: 'https://mega.nz/file/bbbbbbbb#k',
      download_id: 'b',
      started_at: '2024-01-01T12:00:00',
      status: 'completed',
      filename: 'gone.mp4',
      file_path: './temp/gone.mp4',
      file_size: 7,
    },
    c: { url: 'https://mega.nz/file/cccccccc#k', download_id: 'c', status: 'in_progress' },
    d: { url: 'http://127.0.0.1:9/d.bin', download_id: 'd', status: 'in_progress' },
    e: { url: 'http://127.0.0.1:9/e.bin', download_id: 'e', status: 'failed', error: 'quota', started_at: 'never' },
    f: { url: 'https://mega.nz/file/ffffffff#k', download_id: 'f', status: 'cleaned', filename: 'f.mp4' },
    g: { download_id: 'g', status: 'in_progress' },
  },
  metadata: { version: '1.0' },
};

test('a tracker comes in with all its states once, says what is where, and leaves its files alone', async () => {
  await using place = await ownPlace();
  const temp = join(place.cwd, 'temp');
  await mkdir(temp);
  await writeFile(join(temp, 'stands.mp4'), '12345');
  const file = join(temp, 'whatever.txt');
  await writeFile(file, JSON.stringify(tracker, null, 2));

  const first = await imported(place, '--dry-run', file);
  const added = { pending: 1, paused: 1, completed: 2, failed: 1, cancelled: 0, cleaned: 1 };
  assert.partialDeepStrictEqual(first, {
    added,
    dryRun: true,
    known: 0,
    files: { stands: 1, differs: 0, gone: 1 },
    notYet: { mega: 1 },
    problems: [{ line: 45, problem: 'the entry "g" has no link that is whole' }],
  });
  assert.deepEqual(await rows(place), []);

  assert.deepEqual(await imported(place, file), { ...first, dryRun: false });
  const again = await imported(place, file);
  assert.equal(again.known, 6);
  assert.deepEqual(Object.values(again.added), [0, 0, 0, 0, 0, 0]);

  const all = await rows(place);
  assert.equal(all.length, 6);
  const completed = all.find((row) => row.name === 'stands.mp4');
  assert.partialDeepStrictEqual(completed, {
    status: 'completed',
    path: join(temp, 'stands.mp4'),
    bytes: 5,
    completedAt: new Date('2024-01-01T12:05:00').toISOString(),
    metadata: { imported: { from: 'download_tracker', id: 'a', status: 'completed' } },
  });
  assert.doesNotMatch(JSON.stringify(all), /topsecretkey/);
  assert.equal(await readFile(join(temp, 'stands.mp4'), 'utf8'), '12345');
});

test('in words: what came, what happens next, and what could not be saved', async () => {
  await using place = await ownPlace();
  const file = join(place.cwd, 'x');
  await writeFile(file, JSON.stringify(tracker, null, 2).slice(0, -200));
  const end = await run(['import', file], place);
  assert.equal(end.code, 3);
  assert.match(end.stdout, /download_tracker\.json of a MEGA downloader\n/);
  assert.match(end.stdout, /5 downloads imported: 1 pending, 1 paused, 2 completed, 1 failed\n/);
  assert.match(end.stdout, /files of completed downloads: 2 not where they were delivered\n/);
  assert.match(end.stdout, /1 unfinished \(mega\) cannot be downloaded by this version: kept, paused\n/);
  assert.match(end.stdout, /longhaul resume-downloads\n/);
  assert.match(end.stderr, /^\S+ line 39: the entry "f" cannot be read: the file ends in the middle of it\n$/);
});

test('a downloads.json of torrents keeps magnets, and finds what libtorrent left', async () => {
  await using place = await ownPlace();
  await mkdir(join(place.cwd, 'torrents'));
  await writeFile(join(place.cwd, 'torrents', 't1.fastresume'), 'x');
  const magnet = 'magnet:?xt=urn:btih:C12FE1C06BBA254A9DC9F519B335AA7C1367A88A';
  const tasks = {
    t1: { task_id: 't1', name: 'One', status: 'downloading', magnet_link: magnet, file_priorities: [1, 0] },
    t2: { task_id: 't2', name: 'Same', status: 'paused', magnet_link: magnet.toLowerCase() },
    t3: { task_id: 't3', name: 'File', status: 'paused', magnet_link: null, torrent_file_path: '/tmp/t3.torrent' },
  };
  const file = join(place.cwd, 'downloads.json');
  await writeFile(file, JSON.stringify(tasks));
  for (const dry of [['--dry-run'], []]) {
    const report = await imported(place, ...dry, file);
    assert.partialDeepStrictEqual(report, { followed: 1, notYet: { torrent: 1 }, problemCount: 0 });
    assert.partialDeepStrictEqual(report.added, { pending: 1, paused: 1 });
  }
  const all = await rows(place);
  assert.partialDeepStrictEqual(all.find((row) => row.name === 'One')?.metadata, {
    imported: { file_priorities: [1, 0], fastresume: join(place.cwd, 'torrents', 't1.fastresume') },
  });
});

test('what cannot be imported at all is said in one sentence, and is wrong usage', async () => {
  await using place = await ownPlace();
  await writeFile(join(place.cwd, 'empty'), '');
  await writeFile(join(place.cwd, 'other'), '{"a": 1}');
  for (const [from, says] of [
    ['empty', /^\S+ empty is empty; there is nothing to import\n$/],
    ['other', /^\S+ other is nothing that can be imported; known are .*\n$/],
    ['none', /^\S+ there is no file \S+none\n$/],
    ['.', /^\S+ \S+ is a folder; name the file in it that is to be imported\n$/],
  ] as const) {
    const end = await ask(['import', from], place);
    assert.equal(end.code, 2);
    assert.match(end.stderr, says);
    assert.equal(end.stdout, '');
  }
});

test('a Stalkeer dump and an aria2 session come in by what is in them, whatever they are called', async () => {
  await using place = await ownPlace();
  const dump = join(place.cwd, 'a');
  await writeFile(
    dump,
    `-- PostgreSQL database dump
COPY public.download_info (id, status, download_path, error_message, created_at) FROM stdin;
1\tcompleted\t${dump}\t\\N\t2025-01-02 03:04:05
2\tpending\t\\N\t\\N\t2025-01-02 03:04:05
\\.
COPY public.processed_lines (id, line_url, line_hash, tvg_name, state, download_info_id) FROM stdin;
1\thttp://127.0.0.1:9/2.mkv\th\tTwo\tdownloading\t2
2\thttp://127.0.0.1:9/3.mkv\ti\tThree\tprocessed\t\\N
\\.
`,
  );
  assert.partialDeepStrictEqual(await imported(place, dump), {
    added: { pending: 1, completed: 1 },
    files: { stands: 1 },
    leftOut: { 'lines of a playlist that nobody downloaded': 1 },
    problemCount: 0,
  });
  const session = join(place.cwd, 'b');
  await writeFile(session, `http://127.0.0.1:9/4.bin\n gid=2089b05ecca3d829\n dir=${place.cwd}\n header=A: b\n`);
  assert.partialDeepStrictEqual(await imported(place, session), { added: { pending: 1 }, problemCount: 0 });
  assert.deepEqual(
    (await rows(place)).map(({ link, status }) => [link, status]),
    [
      ['http://127.0.0.1:9/4.bin', 'pending'],
      [`file://${dump}`, 'completed'],
      ['http://127.0.0.1:9/2.mkv', 'pending'],
    ],
  );
});

test('what an aria2 session had begun is downloaded where and as it was asked for, and checked', {
  ...needs('nginx'),
}, async () => {
  await using place = await ownPlace();
  const nginx = await startNginx();
  try {
    const digest = makeFile(join(nginx.root, 'a.bin'), 100_000);
    const session = join(place.cwd, 'session');
    const into = join(place.cwd, 'into');
    const options = ` gid=2089b05ecca3d829\n dir=${into}\n out=b.bin\n checksum=sha-256=${digest}\n`;
    await writeFile(
      session,
      `${nginx.url}/a.bin\n${options}${nginx.url}/none.bin\n gid=2089b05ecca3d820\n pause=true\n`,
    );
    assert.partialDeepStrictEqual(await imported(place, session), { added: { pending: 1, paused: 1 } });
    const resumed = await run(['resume-downloads'], place);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal((await readFile(join(into, 'b.bin'))).length, 100_000);
    const [paused, completed] = await rows(place);
    assert.partialDeepStrictEqual(completed, { status: 'completed', integrity: 'checksum' });
    assert.partialDeepStrictEqual(paused, { status: 'paused' });
    assert.equal((await imported(place, session)).known, 2);
  } finally {
    await nginx.stop();
  }
});
