import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleRow } from '../../test/support/sample-row.ts';
import { type Download, type DownloadFile, integrities } from '../downloads/download.ts';
import { failureClasses } from '../downloads/failure.ts';
import { statuses } from '../downloads/states.ts';
import { attemptSchema, downloadSchema, eventSchema, statisticsSchema } from './schemas.ts';
import { wireAttempt, wireDownload, wireEvent, wireStatistics } from './wire.ts';

const download: Download = {
  ...sampleRow,
  id: 7,
  uid: '0197a000-0000-7000-8000-000000000007',
  link: 'https://ann:s3cret@host/film.mkv',
  name: 'film.mkv',
  status: 'completed',
  metadata: { asked: 'ann' },
  options: { headers: ['Authorization: s3cret'] },
  totalBytes: 1000,
  bytesDownloaded: 1000,
  fileSize: 1000,
  downloadPath: '/d/film.mkv',
  integrity: 'validator',
  retryCount: 1,
  errorClass: 'network',
  errorMessage: 'reset',
  leaseToken: 2,
  startedAt: Date.UTC(2026, 10, 21, 7),
  completedAt: Date.UTC(2026, 10, 21, 8),
  createdAt: Date.UTC(2026, 10, 21, 6),
  updatedAt: Date.UTC(2026, 10, 21, 8),
};
const file = (path: string, main: boolean): DownloadFile => ({
  id: 1,
  downloadId: 7,
  position: 0,
  path,
  size: 10,
  selected: true,
  main,
  partialPath: null,
  finalPath: `/d/season/${path}`,
  durable: [],
  digest: null,
  identity: null,
  modifiedAt: null,
  step: null,
  herePath: null,
});

test('what is being fetched is told with its live figures as whole numbers', () => {
  const live = { bytes: 500, totalBytes: 1000, speed: 12.5, eta: 40_000.4 };
  const wire = downloadSchema.parse(wireDownload({ ...download, status: 'downloading', live }));
  assert.deepEqual(wire.live, { bytes: 500, speed: 13, eta: 40_000 });
});

test('a delivered file is told with its path, its times and no error of earlier tries', () => {
  assert.deepEqual(wireDownload(download), {
    id: 7,
    uid: '0197a000-0000-7000-8000-000000000007',
    link: 'https://***@host/film.mkv',
    name: 'film.mkv',
    status: 'completed',
    path: '/d/film.mkv',
    resultLink: null,
    warning: null,
    bytes: 1000,
    totalBytes: 1000,
    integrity: 'validator',
    attempts: 2,
    error: null,
    priority: 0,
    category: null,
    limitRate: null,
    waitingFor: null,
    nextAttemptAt: null,
    seeding: null,
    createdAt: '2026-11-21T06:00:00.000Z',
    startedAt: '2026-11-21T07:00:00.000Z',
    completedAt: '2026-11-21T08:00:00.000Z',
    metadata: { asked: 'ann' },
  });
});

test('an error says its class, its sentence and whether another try makes sense', () => {
  assert.deepEqual(wireDownload({ ...download, status: 'failed' }).error, {
    class: 'network',
    message: 'reset',
    retry: 'now',
  });
  assert.equal(wireDownload({ ...download, status: 'failed', errorClass: 'refused' }).error?.retry, 'never');
  assert.equal(wireDownload({ ...download, status: 'retrying', errorClass: 'quota' }).error?.retry, 'later');
});

test('several files are listed with the main one; a single one is not', () => {
  const wire = wireDownload(download, [file('a.mkv', true), file('a.srt', false)]);
  assert.deepEqual(
    wire.files?.map(({ path }) => path),
    ['/d/season/a.mkv', '/d/season/a.srt'],
  );
  assert.equal(wire.mainFile, '/d/season/a.mkv');
  assert.ok(!('files' in wireDownload(download, [file('a.mkv', true)])));
});

test('headers and other options never leave the program', () => {
  assert.doesNotMatch(JSON.stringify(wireDownload(download)), /s3cret/);
});

test('whatever a row holds, its wire form keeps the schema', () => {
  const change = fc.record({
    status: fc.constantFrom(...statuses),
    name: fc.option(fc.string()),
    totalBytes: fc.option(fc.nat()),
    integrity: fc.option(fc.constantFrom(...integrities)),
    errorClass: fc.option(fc.constantFrom(...failureClasses)),
    errorMessage: fc.option(fc.string()),
    startedAt: fc.option(fc.nat()),
    completedAt: fc.option(fc.nat()),
    downloadPath: fc.option(fc.string()),
  });
  fc.assert(
    fc.property(change, fc.boolean(), (fields, several) => {
      const files = several ? [file('a', true), file('b', false)] : [];
      downloadSchema.parse(wireDownload({ ...download, ...fields }, files));
    }),
  );
});

test('attempts, events and statistics keep their schemas', () => {
  attemptSchema.parse(
    wireAttempt({
      id: 1,
      downloadId: 7,
      token: 1,
      instance: 'x',
      fromBytes: 0,
      toBytes: null,
      startedAt: 5,
      endedAt: null,
      outcome: null,
      errorClass: 'network',
      errorMessage: null,
    }),
  );
  eventSchema.parse(
    wireEvent({
      id: 1,
      at: 5,
      downloadId: 7,
      uid: 'u',
      kind: 'state',
      from: null,
      to: 'pending',
      detail: { a: 1 },
      metadata: {},
      category: null,
    }),
  );
  const byStatus = {
    pending: 1,
    downloading: 2,
    processing: 3,
    retrying: 4,
    paused: 5,
    completed: 6,
    failed: 7,
    cancelled: 8,
    cleaned: 9,
  };
  const wire = statisticsSchema.parse(wireStatistics({ total: 45, byStatus, completedBytes: 99 }));
  assert.deepEqual(wire, { total: 45, completed: 15, failed: 7, cancelled: 8, inProgress: 15, bytes: 99 });
});
