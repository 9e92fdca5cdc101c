import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../test/support/manual-clock.ts';
import { createTracker, type OperationProgress } from './tracker.ts';

test('an operation goes from starting over in_progress to completed, with speed, time left and 100 % at the end', async () => {
  const clock = manualClock();
  const tracker = createTracker({ operation: 'upload', clock });
  assert.deepEqual(
    { ...tracker.look(), timestamp: 0 },
    {
      ...{ operation: 'upload', status: 'starting', percentage: null, current: 0, total: null, unit: 'bytes' },
      ...{ speed: 0, eta: null, message: null, timestamp: 0 },
    },
  );
  for (let n = 0; n <= 10; n += 1) {
    tracker.update({ current: n * 1000, total: 20_000, message: 'to catbox' });
    if (n < 10) await clock.advance(500);
  }
  const half = tracker.look();
  assert.equal(half.status, 'in_progress');
  assert.equal(half.percentage, 50);
  assert.equal(half.speed, 2000);
  assert.deepEqual(half.eta, { expected: 5000, least: 5000, most: 5000 });
  assert.equal(half.message, 'to catbox');
  assert.equal(half.timestamp, clock.now());
  tracker.end('completed');
  assert.deepEqual([tracker.look().percentage, tracker.look().current, tracker.look().eta], [100, 20_000, null]);
});

test('nothing changes after the end', () => {
  const tracker = createTracker({ operation: 'convert', clock: manualClock(), unit: 'ms' });
  tracker.update({ current: 400, total: 1000 });
  tracker.end('failed', 'the disk is full');
  tracker.update({ current: 900, total: 1000 });
  tracker.end('completed');
  const { status, percentage, message } = tracker.look();
  assert.deepEqual({ status, percentage, message }, { status: 'failed', percentage: 40, message: 'the disk is full' });
});

test('a speed that varies gives the time left an interval', async () => {
  const clock = manualClock();
  const tracker = createTracker({ operation: 'download', clock });
  let current = 0;
  for (let n = 0; n < 40; n += 1) {
    tracker.update({ current, total: 1_000_000 });
    await clock.advance(250);
    current += n % 16 < 8 ? 1000 : 4000;
  }
  const { eta } = tracker.look();
  assert.ok(eta && eta.most !== null && eta.least < eta.expected && eta.expected < eta.most, JSON.stringify(eta));
});

test('where nobody knows the bytes, percentage and time left are made of the playing time', async () => {
  const clock = manualClock();
  const tracker = createTracker({ operation: 'download', clock });
  tracker.update({ current: 0, total: null, media: { current: 0, total: 60_000 } });
  await clock.advance(1000);
  tracker.update({ current: 5_000_000, total: null, media: { current: 15_000, total: 60_000 } });
  const { percentage, speed, eta, total } = tracker.look();
  assert.deepEqual([percentage, speed, eta?.expected, total], [25, 5_000_000, 3000, null]);
  tracker.update({ current: 6_000_000, total: null });
  assert.equal(tracker.look().percentage, 25, 'nothing that was told is forgotten');
  tracker.update({ current: 9_000_000, total: null, media: { current: 60_000, total: 60_000 } });
  assert.equal(tracker.look().percentage, 99.9, 'it is not done before it says so');
});

test('whatever is told, percentages stay between 0 and 100, speeds are not negative, and a listener hears the end', () => {
  const figures = fc.record({
    current: fc.oneof(fc.integer({ min: -1000, max: 1_000_000 }), fc.double({ noNaN: true, min: 0, max: 1e15 })),
    total: fc.option(fc.nat(1_000_000)),
  });
  fc.assert(
    fc.property(
      fc.array(figures, { maxLength: 20 }),
      fc.constantFrom('completed', 'failed', 'cancelled'),
      (all, how) => {
        const clock = manualClock();
        const tracker = createTracker({ operation: 'x', clock });
        const heard: OperationProgress[] = [];
        tracker.listen((progress) => void heard.push(progress), { every: 1000 });
        for (const one of all) tracker.update(one);
        tracker.end(how);
        for (const { percentage, speed } of [...heard, tracker.look()]) {
          assert.ok(percentage === null || (percentage >= 0 && percentage <= 100));
          assert.ok(speed >= 0);
        }
        assert.equal(tracker.look().status, how);
      },
    ),
  );
});
