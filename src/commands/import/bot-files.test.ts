import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { torrentEntry, trackerEntry } from './bot-files.ts';
import { formatOf } from './formats.ts';
import type { Found } from './read-row.ts';

function found(text: string): Found[] {
  const format = formatOf(text.slice(0, 65_536));
  if ('refused' in format) throw new Error(format.refused);
  const reader = format.reader();
  return [...reader.push(text), ...reader.end()];
}

const local = (text: string) => new Date(text).getTime();

test('an entry of a download_tracker.json keeps its facts, and what nobody knows', () => {
  const [row] = found(`{"downloads": {"u-1": {
    "url": "https://mega.nz/file/aaaaaaaa#key", "download_id": "u-1", "started_at": "2024-01-01T12:00:00.250000",
    "status": "completed", "filename": "example.mp4", "file_path": "./temp/example.mp4", "file_size": 1048576,
    "completed_at": "2024-01-01T12:05:00", "all_files": ["example.mp4", "subtitle.srt"], "mood": "good"}},
    "metadata": {"created": "2024-01-01T10:00:00.000000", "version": "1.0"}}`);
  assert.partialDeepStrictEqual(row, {
    line: 1,
    origin: 'download_tracker',
    key: 'u-1',
    link: 'https://mega.nz/file/aaaaaaaa#key',
    status: 'completed',
    name: 'example.mp4',
    path: './temp/example.mp4',
    size: 1_048_576,
    startedAt: local('2024-01-01T12:00:00.250'),
    completedAt: local('2024-01-01T12:05:00.000'),
    metadata: { status: 'completed', all_files: ['example.mp4', 'subtitle.srt'], mood: 'good' },
  });
});

test('the states of both files are ours, and one that nobody knows is paused', () => {
  const statusOf = (read: typeof trackerEntry, status: unknown) => {
    const row = read({ line: 1, key: 'a', value: { status } });
    return 'status' in row ? row.status : row;
  };
  const tracker = ['in_progress', 'completed', 'failed', 'cleaned', 'dancing', 7, null];
  assert.deepEqual(
    tracker.map((status) => statusOf(trackerEntry, status)),
    ['pending', 'completed', 'failed', 'cleaned', 'paused', 'paused', 'paused'],
  );
  const torrents = ['queued', 'downloading', 'paused', 'completed', 'error', '__proto__'];
  assert.deepEqual(
    torrents.map((status) => statusOf(torrentEntry, status)),
    ['pending', 'pending', 'paused', 'completed', 'failed', 'paused'],
  );
});

test('an entry of a downloads.json keeps its magnet, its selection and what its torrent is', () => {
  const task = {
    task_id: 't1',
    name: 'A film',
    created_at: '2025-11-13T10:00:00+02:00',
    status: 'paused',
    magnet_link: 'magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567',
    torrent_file_path: '/tmp/t1.torrent',
    file_priorities: [1, 0, 1],
    torrent_metadata: { seeders: 4 },
  };
  const [row] = found(JSON.stringify({ t1: task }));
  assert.partialDeepStrictEqual(row, {
    key: 't1',
    link: task.magnet_link,
    status: 'paused',
    createdAt: Date.UTC(2025, 10, 13, 8),
    metadata: { torrent_file_path: '/tmp/t1.torrent', file_priorities: [1, 0, 1], torrent_metadata: { seeders: 4 } },
  });
});

test('a file without its beginning gives all records but the first', () => {
  const entries = Object.fromEntries(
    ['a', 'b', 'c'].map((id) => [id, { url: `https://host/${id}`, download_id: id, status: 'failed' }]),
  );
  for (const indent of [0, 2]) {
    const text = JSON.stringify({ downloads: entries, metadata: { version: '1.0' } }, null, indent);
    const rows = found(text.slice(text.indexOf('host/a')));
    assert.deepEqual(
      rows.map((row) => ('key' in row ? row.key : 'wrong')),
      ['wrong', 'b', 'c'],
    );
  }
});

test('what is no known file is refused in words that say what to do', () => {
  const refusal = (head: string) => {
    const format = formatOf(head);
    return 'refused' in format ? format.refused : format.what;
  };
  assert.match(refusal('PGDMP\u0001'), /pg_restore --file=dump.sql/);
  assert.match(refusal('\u001f\ufffd\u0008\0'), /gunzip/);
  assert.match(refusal('\0\0 \n'), /empty/);
  assert.match(refusal('<html>'), /known are/);
  assert.match(refusal('{"name": "package"}'), /known are/);
});

test('records of any form are read without an error, and rows have an ID', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.constantFrom(trackerEntry, torrentEntry), (value, key, read) => {
      const row = read({ line: 1, key, value });
      assert.ok('wrong' in row || ('key' in row && row.key !== ''));
    }),
  );
});
