import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { createTimes } from './times.ts';

const hour = 3_600_000;

test('moments go to the database by its clock and come back by the own one', () => {
  const clock = manualClock();
  const times = createTimes(clock);
  times.learn(clock.now() + hour, times.monotonic());
  assert.equal(times.outward('lease_until', clock.now()), clock.now() + hour);
  assert.equal(times.outward('priority', 7), 7, 'no moment');
  assert.deepEqual(times.inward({ lease_until: clock.now() + hour, at: null }), { lease_until: clock.now(), at: null });
});

test('an answer that was read late tells nothing: no lease gets shorter than its holder believes', async () => {
  const clock = manualClock();
  const times = createTimes(clock);
  times.learn(clock.now(), times.monotonic());
  const askedAt = times.monotonic();
  const shown = clock.now();
  await clock.advance(1500);
  times.learn(shown, askedAt);
  assert.equal(times.outward('lease_until', clock.now() + 30_000), clock.now() + 30_000);
  times.learn(clock.now() - hour, times.monotonic());
  assert.equal(times.outward('lease_until', clock.now()), clock.now() - hour, 'the next one in time does');
});
