import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Download } from '../downloads/download.ts';
import { choose } from './choose.ts';

const row = (id: number, more: Partial<Download> = {}) => ({ id, wish: null, downloadPath: null, ...more }) as Download;
const ids = (candidates: readonly Download[], limits: Partial<Parameters<typeof choose>[1]>) =>
  choose(candidates, { free: 10, running: new Set(), closed: false, ...limits }).map(({ id }) => id);

test('the best that do not run already, as many as there are free slots', () => {
  const rows = [row(1), row(2), row(3), row(4)];
  assert.deepEqual(ids(rows, { free: 2, running: new Set([1]) }), [2, 3]);
  assert.deepEqual(ids(rows, { free: -1 }), []);
});

test('in hours in which nothing may be fetched only what needs no fetching goes on', () => {
  const rows = [
    row(1),
    row(2, { wish: 'cancel' }),
    row(3, { downloadPath: '/d/film.mkv' }),
    row(4, { wish: 'remove' }),
  ];
  assert.deepEqual(ids(rows, { closed: true }), [2, 3, 4]);
});
