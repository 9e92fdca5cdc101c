import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { raceOnFile, raceOnServer } from '../support/race-stage.ts';

const long = { ...needs('nginx'), timeout: 3_500_000 };
const pace = { every: 500, within: 3_000_000, slots: 32 };

test('8 servers on one PostgreSQL, 3,000 downloads: a kill or a stop every 500 ms spoils nothing', long, async (t) => {
  const { kills, rescues } = await raceOnServer(t, { ...pace, processes: 8, downloads: 3000 });
  assert.ok(kills >= 40 && rescues >= kills, 'kills fell into the middle of downloads');
});

test('4 servers on one SQLite file, 1,000 downloads: a kill or a stop every 500 ms spoils nothing', long, async (t) => {
  const { kills, rescues } = await raceOnFile(t, { ...pace, slots: 8, processes: 4, downloads: 1000 });
  // One that is killed before it has claimed anything leaves nothing to rescue.
  assert.ok(kills >= 10 && rescues >= 15, 'kills fell into the middle of downloads');
});

test('3 servers on one PostgreSQL, 24 downloads: a kill or a stop every second spoils nothing', long, async (t) => {
  const { kills, stops } = await raceOnServer(t, { ...pace, every: 1000, slots: 12, processes: 3, downloads: 24 });
  assert.ok(kills + stops >= 2, 'it was over too soon');
});
