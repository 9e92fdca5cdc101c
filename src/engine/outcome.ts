import type { Failure } from '../downloads/failure.ts';
import type { RetryReason } from '../downloads/waiting.ts';
import type { Change } from '../store/store.ts';

/** When and how often a failed try is repeated. Times in ms. */
export interface RetryPolicy {
  /** Tries without durable progress before the download is failed. */
  readonly maxTries: number;
  /** The first wait is a random part of this; it doubles with each try in vain. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** How often it is looked whether there is space again. */
  readonly spaceWait: number;
}

/** What is known of the try that failed. */
export interface TryFacts {
  /** Tries in vain before this one. */
  readonly triesInVain: number;
  /** True when durable bytes came in during this try: the count begins again, unless they are given up with it. */
  readonly progressed: boolean;
  /** True when the try before this one ended with a wrong checksum, too. */
  readonly mismatchBefore: boolean;
  /** Of wrong bytes it is known which: they were given up already, and the rest is right. */
  readonly isRestProved: boolean;
  /** Tries in a row, right before this one, that ended with an error of the disk. */
  readonly diskErrorsBefore: number;
}

/** Errors of a disk in a row after which it is not asked again, whatever came in between: it is about to lose more. */
const mostDiskErrors = 3;

/** How long to wait where the other side named no time, ms. */
const waits: Record<Exclude<RetryReason, 'backoff' | 'rate_limit' | 'no_space'>, number> = {
  quota: 600_000,
  offline: 10_000,
  metadata: 300_000,
};

/** A wait that somebody else named is not believed beyond this, ms (a day). */
const longestNamedWait = 86_400_000;

/**
 * What a failure means for the download. Pure: `now` (epoch ms) and `random` (0 ≤ r < 1) are handed
 * in. Waits for quota, space, peers and the network never count as a try; backoff is exponential with full
 * jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function outcomeOf(
  failure: Failure,
  facts: TryFacts,
  policy: RetryPolicy,
  now: number,
  random: number,
): Extract<Change, { to: 'retrying' | 'failed' }> {
  const error = { class: failure.class, message: failure.message };
  const discard = failure.class === 'changed' || (failure.class === 'checksum' && !facts.isRestProved);
  if (failure.class === 'checksum' && !facts.mismatchBefore) {
    return { to: 'retrying', reason: 'backoff', nextAttemptAt: now, counts: false, discard, error };
  }
  const { retry } = failure;
  if (retry.when === 'never') return { to: 'failed', error };
  // One that is waited for (a mount that hangs) has reported nothing.
  if (failure.class === 'disk' && retry.when === 'now' && facts.diskErrorsBefore + 1 >= mostDiskErrors) {
    return { to: 'failed', error: { ...error, message: `${failure.message} (${mostDiskErrors} times in a row)` } };
  }
  if (retry.when === 'later' && retry.reason !== 'rate_limit' && retry.reason !== 'backoff') {
    const nextAttemptAt =
      named(retry.at, now) ?? now + (retry.reason === 'no_space' ? policy.spaceWait : waits[retry.reason]);
    return { to: 'retrying', reason: retry.reason, nextAttemptAt, counts: false, discard, error };
  }
  const tries = (facts.progressed && !discard ? 0 : facts.triesInVain) + 1;
  if (tries >= policy.maxTries) {
    const times = policy.maxTries === 1 ? '1 try' : `${policy.maxTries} tries`;
    return { to: 'failed', error: { ...error, message: `${failure.message} (gave up after ${times})` } };
  }
  const backoff = Math.min(policy.longestWait, policy.firstWait * 2 ** (tries - 1)) * random;
  const nextAttemptAt = (retry.when === 'later' ? named(retry.at, now) : undefined) ?? now + Math.round(backoff);
  const reason = retry.when === 'later' ? retry.reason : 'backoff';
  return { to: 'retrying', reason, nextAttemptAt, counts: true, discard, error };
}

function named(at: number | undefined, now: number): number | undefined {
  return at === undefined ? undefined : Math.min(Math.max(at, now), now + longestNamedWait);
}
