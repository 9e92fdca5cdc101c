import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt, Download } from '../downloads/download.ts';
import { type DownloadStep, plannedSteps } from '../downloads/steps.ts';
import { lookOf } from './look.ts';
import { anyMeasure } from './measure.ts';
import { summaryLines } from './summary.ts';

const measure = await anyMeasure();
const download = {
  id: 7,
  name: 'film.mkv',
  link: 'https://host/film.mkv',
  status: 'completed',
  source: 'http',
  options: {},
  downloadPath: '/home/ann/films/film.mkv',
  resultLink: null,
  warning: null,
  fileSize: 1_000_000_000,
  integrity: 'validator',
} as Download;
const attempt = (fromBytes: number, toBytes: number, startedAt: number, endedAt: number): Attempt =>
  ({ fromBytes, toBytes, startedAt, endedAt }) as Attempt;
const attempts = [attempt(0, 400_000_000, 0, 60_000), attempt(400_000_000, 1_000_000_000, 500_000, 540_000)];
const lines = (change: Partial<Download>, columns = 120, steps: readonly DownloadStep[] = []): string[] =>
  summaryLines(
    { download: { ...download, ...change }, attempts, steps, why: 'it is so' },
    { look: lookOf({ colour: false, unicode: true }), columns, measure },
  );

test('a delivered file: where, how much, how long, how fast, how sure; the pause between two tries does not count', () => {
  assert.deepEqual(lines({}), ['✔ /home/ann/films/film.mkv  1 GB · 1m 40s · 10 MB/s · same version']);
});

test('where the path does not fit it has a line to itself, in full', () => {
  const downloadPath = `/home/ann/${'映'.repeat(200)}.mkv`;
  for (const columns of [60, 80, 200]) {
    const [first = '', second] = lines({ name: `${'映'.repeat(200)}.mkv`, downloadPath }, columns);
    assert.ok(measure(first) < columns, `${measure(first)} of ${columns}`);
    assert.match(first, /映….*mkv {2}1 GB/);
    assert.equal(second, `  ${downloadPath}`);
  }
});

test('what is not delivered says why', () => {
  assert.deepEqual(lines({ status: 'failed' }), ['✖ film.mkv: it is so']);
  assert.deepEqual(lines({ status: 'retrying', name: null, downloadPath: null, link: 'https://a:b@host/x' }), [
    '↺ https://***@host/x: it is so; not waited for: go on with longhaul resume-downloads',
  ]);
});

test('where something was uploaded its address has a line of its own, whatever stays on disk', () => {
  const resultLink = 'https://files.example.org/abc.m4a';
  assert.deepEqual(lines({ resultLink }).slice(1), [`  ${resultLink}`]);
  assert.deepEqual(lines({ resultLink, downloadPath: null, fileSize: 0 }), [
    '✔ film.mkv  0 B · 1m 40s · 10 MB/s · same version',
    `  ${resultLink}`,
  ]);
});

test('what is not as it was asked for has a line of its own', () => {
  const warning = 'convert: 1 of 3 could not be converted and stays as it was: b.mkv (cut off)';
  assert.deepEqual(lines({ warning }).slice(1), [`  ! ${warning}`]);
});

test('what steps have to say stands below; their time is no time of fetching', () => {
  const asked = ['extract', 'move=films'];
  const [extract, move] = plannedSteps(asked);
  assert.ok(extract && move);
  const steps = [
    { ...extract, outcome: { note: 'nothing to extract' } },
    { ...move, outcome: { moved: true, note: 'moved to /films' } },
  ];
  assert.deepEqual(lines({ options: { steps: asked } }, 120, steps), [
    '✔ /home/ann/films/film.mkv  1 GB · 1m 40s · same version',
    '  extract: nothing to extract',
  ]);
});
