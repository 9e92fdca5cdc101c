import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statsSchema } from '../contract/schemas.ts';
import { wireStats } from '../contract/wire.ts';
import type { Figures } from '../store/store.ts';
import { statsOf } from './stats.ts';

const noTries = { tries: 0, resumes: 0, resumed: 0, bytes: 0, ms: 0, peak: 0 };
const group = (more: Partial<Figures['groups'][number]>): Figures['groups'][number] => ({
  ...{ source: 'http', category: null, status: 'completed', count: 1, bytes: 0, retries: 0 },
  ...more,
});

test('of nothing there are no rates and no speeds', () => {
  const figures = statsOf({ groups: [], ends: [], attempts: noTries }, null);
  assert.partialDeepStrictEqual(figures, {
    total: 0,
    successRate: null,
    averageSpeed: null,
    peakSpeed: null,
    byDay: [],
  });
});

test('what was cleaned was completed; what was cancelled or waits is no failure', () => {
  const groups = [
    group({ count: 6, bytes: 600, retries: 2 }),
    group({ status: 'cleaned', count: 2, bytes: 200 }),
    group({ status: 'failed', count: 2, retries: 8, category: 'films' }),
    group({ status: 'cancelled', source: 'sftp' }),
    group({ status: 'paused' }),
  ];
  const figures = statsOf({ groups, ends: [], attempts: noTries }, null);
  assert.partialDeepStrictEqual(figures, { total: 12, successRate: 0.8, deliveredBytes: 800, retries: 10 });
  assert.deepEqual(figures.bySource, [
    { name: 'http', total: 11, completed: 8, failed: 2, bytes: 800 },
    { name: 'sftp', total: 1, completed: 0, failed: 0, bytes: 0 },
  ]);
  assert.deepEqual(
    figures.byCategory.map(({ name, total }) => [name, total]),
    [
      ['', 10],
      ['films', 2],
    ],
  );
});

test('speeds are over the time of tries, and the highest is never below the average', () => {
  const attempts = { tries: 9, resumes: 4, resumed: 3, bytes: 5000, ms: 2000, peak: 9000 };
  const fast = statsOf({ groups: [], ends: [], attempts }, 0);
  assert.deepEqual([fast.averageSpeed, fast.peakSpeed, fast.resumes], [2500, 9000, { tried: 4, succeeded: 3 }]);
  assert.equal(statsOf({ groups: [], ends: [], attempts: { ...attempts, peak: 0 } }, 0).peakSpeed, 2500);
});

test('days are those of the clock on the wall, oldest first', () => {
  const noon = new Date(2026, 10, 21, 12).getTime();
  const end = (at: number, completed: number, failed = 0) => ({ at, completed, failed, bytes: completed * 10 });
  const day = 86_400_000;
  const ends = [end(noon, 2), end(noon - day, 1), end(noon + 3_600_000, 0, 1), end(noon + 11 * 3_600_000, 1)];
  assert.deepEqual(statsOf({ groups: [], ends, attempts: noTries }, null).byDay, [
    { day: '2026-11-20', completed: 1, failed: 0, bytes: 10 },
    { day: '2026-11-21', completed: 3, failed: 1, bytes: 30 },
  ]);
});

test('on the wire they have the form that is promised', () => {
  const ends = [{ at: 0, completed: 1, failed: 0, bytes: 5 }];
  const figures = statsOf({ groups: [group({})], ends, attempts: { ...noTries, bytes: 5, ms: 1 } }, 7);
  statsSchema.parse(wireStats(figures));
});
