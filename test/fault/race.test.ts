import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { raceOnFile, raceOnServer } from '../support/race-stage.ts';

const small = { processes: 3, every: 1000, within: 150_000, slots: 12 };

for (const [where, race] of [
  ['one file', raceOnFile],
  ['one server', raceOnServer],
] as const) {
  test(`servers on ${where} that are killed and stopped deliver everything right, each once`, {
    ...needs('nginx'),
    timeout: 175_000,
  }, async (t) => {
    const { kills, stops } = await race(t, { ...small, downloads: 16 });
    assert.ok(kills + stops >= 2, 'it was over too soon');
  });
}
