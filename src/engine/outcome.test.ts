import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure, failureClasses } from '../downloads/failure.ts';
import { outcomeOf, type RetryPolicy, type TryFacts } from './outcome.ts';

const policy: RetryPolicy = { maxTries: 5, firstWait: 2000, longestWait: 600_000, spaceWait: 30_000 };
const first: TryFacts = {
  triesInVain: 0,
  progressed: false,
  mismatchBefore: false,
  isRestProved: false,
  diskErrorsBefore: 0,
};
const now = 1_000_000;

test('a network failure is tried again after a random part of a doubling wait', () => {
  const waits = [0, 1, 2, 3].map((triesInVain) => {
    const outcome = outcomeOf(new Failure('network', 'reset'), { ...first, triesInVain }, policy, now, 0.5);
    assert.ok(outcome.to === 'retrying' && outcome.counts && outcome.reason === 'backoff');
    return outcome.nextAttemptAt - now;
  });
  assert.deepEqual(waits, [1000, 2000, 4000, 8000]);
});

test('the fifth try in vain is the last, and the message says so', () => {
  const outcome = outcomeOf(new Failure('network', 'reset'), { ...first, triesInVain: 4 }, policy, now, 0.5);
  assert.deepEqual(outcome, { to: 'failed', error: { class: 'network', message: 'reset (gave up after 5 tries)' } });
});

test('a disk that reports errors three times in a row is not written to a fourth time, whatever it took in between', () => {
  const broken = new Failure('disk', 'EIO', { retry: { when: 'now' } });
  const after = (diskErrorsBefore: number) =>
    outcomeOf(broken, { ...first, progressed: true, diskErrorsBefore }, policy, now, 0.5);
  assert.partialDeepStrictEqual(after(1), { to: 'retrying', counts: true, discard: false });
  assert.deepEqual(after(2), { to: 'failed', error: { class: 'disk', message: 'EIO (3 times in a row)' } });
  const hanging = new Failure('disk', 'no answer', { retry: { when: 'later', reason: 'backoff' } });
  const waits = outcomeOf(hanging, { ...first, progressed: true, diskErrorsBefore: 2 }, policy, now, 0.5);
  assert.partialDeepStrictEqual(waits, { to: 'retrying', reason: 'backoff', counts: true });
});

test('durable progress since the last try resets the count', () => {
  const outcome = outcomeOf(
    new Failure('network', 'x'),
    { ...first, triesInVain: 4, progressed: true },
    policy,
    now,
    0.5,
  );
  assert.ok(outcome.to === 'retrying');
  assert.equal(outcome.nextAttemptAt, now + 1000);
});

test('bytes of a file that has changed are no progress: a file that changes with every try is given up', () => {
  const facts = { ...first, progressed: true };
  const early = outcomeOf(new Failure('changed', 'another one'), { ...facts, triesInVain: 3 }, policy, now, 0.5);
  assert.partialDeepStrictEqual(early, { to: 'retrying', discard: true, nextAttemptAt: now + 8000 });
  const last = outcomeOf(new Failure('changed', 'another one'), { ...facts, triesInVain: 4 }, policy, now, 0.5);
  assert.equal(last.to, 'failed');
});

test('quota, space and the network are waits that never count', () => {
  for (const failureClass of ['quota', 'no_space', 'offline'] as const) {
    const outcome = outcomeOf(new Failure(failureClass, 'x'), { ...first, triesInVain: 99 }, policy, now, 0);
    assert.ok(outcome.to === 'retrying' && !outcome.counts && outcome.reason === failureClass);
    assert.ok(outcome.nextAttemptAt > now);
  }
});

test('a time that the server names is waited for, up to a day', () => {
  const at = (time: number) =>
    outcomeOf(
      new Failure('rate_limit', 'slow down', { retry: { when: 'later', reason: 'rate_limit', at: time } }),
      first,
      policy,
      now,
      0.5,
    );
  assert.partialDeepStrictEqual(at(now + 90_000), { to: 'retrying', nextAttemptAt: now + 90_000, counts: true });
  assert.partialDeepStrictEqual(at(now - 5), { nextAttemptAt: now });
  assert.partialDeepStrictEqual(at(now + 1e12), { nextAttemptAt: now + 86_400_000 });
});

test('what will not get better is failed at once', () => {
  for (const failureClass of ['refused', 'link', 'tls', 'suspect', 'disk', 'internal'] as const) {
    assert.equal(outcomeOf(new Failure(failureClass, 'x'), first, policy, now, 0).to, 'failed');
  }
});

test('a wrong checksum is fetched once more from the beginning, then failed', () => {
  const mismatch = new Failure('checksum', 'differs');
  assert.partialDeepStrictEqual(outcomeOf(mismatch, first, policy, now, 0.5), {
    to: 'retrying',
    discard: true,
    counts: false,
  });
  assert.equal(outcomeOf(mismatch, { ...first, mismatchBefore: true }, policy, now, 0.5).to, 'failed');
});

test('a file that changed is fetched again from the beginning', () => {
  assert.partialDeepStrictEqual(outcomeOf(new Failure('changed', 'x'), first, policy, now, 0.5), { discard: true });
});

test('whatever happens, a retry lies between now and the longest wait, and tries come to an end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...failureClasses),
      fc.nat(20),
      fc.boolean(),
      fc.boolean(),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failureClass, triesInVain, progressed, mismatchBefore, random) => {
        const facts = { triesInVain, progressed, mismatchBefore, isRestProved: false, diskErrorsBefore: 0 };
        const outcome = outcomeOf(new Failure(failureClass, 'x'), facts, policy, now, random);
        if (outcome.to === 'failed') return;
        assert.ok(outcome.nextAttemptAt >= now && outcome.nextAttemptAt <= now + policy.longestWait);
        if (outcome.counts && !progressed) assert.ok(triesInVain + 1 < policy.maxTries);
      },
    ),
  );
});
