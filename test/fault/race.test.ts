import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { raceOnFile } from '../support/race-stage.ts';

const small = { processes: 3, every: 1000, within: 150_000, slots: 12 };

/** On one server, and larger: in `test/long`. */
test('servers on one file that are killed and stopped deliver everything right, each once', {
  ...needs('nginx'),
  timeout: 175_000,
}, async (t) => {
  const { kills, stops } = await raceOnFile(t, { ...small, downloads: 24 });
  assert.ok(kills + stops >= 2, 'it was over too soon');
});
