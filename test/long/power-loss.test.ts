import assert from 'node:assert/strict';
import { test } from 'node:test';
import { powerLossStories } from '../support/power-loss.ts';

test('whatever a power loss leaves of 10,000 moments: recorded ranges are there, final names are whole, all is delivered at last', async (t) => {
  const { states, violations, seen } = await powerLossStories(100_000, 10_000);
  t.diagnostic(`${states} states: ${[...seen].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  assert.deepEqual(violations, []);
});
