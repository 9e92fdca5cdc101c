import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleRow } from '../../test/support/sample-row.ts';
import { type Download, integrities } from '../downloads/download.ts';
import { statuses, wishes } from '../downloads/states.ts';
import { plannedSteps } from '../downloads/steps.ts';
import { retryReasons, waits } from '../downloads/waiting.ts';
import { type WhyFacts, whyOf } from './why.ts';

const now = new Date(2026, 10, 21, 14, 0, 0).getTime();
const alive: WhyFacts = { holder: { pid: 42, host: 'tower', role: 'get', alive: true }, willRun: true, maxTries: 5 };
const dead: WhyFacts = { holder: { pid: 42, host: 'tower', role: 'get', alive: false }, willRun: false, maxTries: 5 };
const nobody: WhyFacts = { holder: null, willRun: false, maxTries: 5 };

const base: Download = {
  ...sampleRow,
  id: 7,
  uid: '0197a000-0000-7000-8000-000000000007',
  name: 'film.mkv',
  totalBytes: 1_000_000_000,
  bytesDownloaded: 450_000_000,
};
const why = (change: Partial<Download>, facts: WhyFacts = alive): string => whyOf({ ...base, ...change }, facts, now);

test('a pending download says who takes it, what it waits for, or how to start someone', () => {
  assert.equal(why({}), 'waits for its turn, 450 MB of 1 GB are kept; `get` (process 42 on tower) takes it next');
  assert.equal(
    why({ bytesDownloaded: 0 }, { ...nobody, willRun: true }),
    'waits for its turn; a running instance takes it next',
  );
  assert.equal(why({ waitingFor: 'slot', bytesDownloaded: 0 }), 'waits for a free place among the running downloads');
  assert.equal(why({}, nobody), 'nobody is running who would take it; start with: longhaul resume-downloads');
  assert.equal(
    why({}, dead),
    '`get` (process 42 on tower) that was to run it stopped; start with: longhaul resume-downloads',
  );
});

test('a download that waits for its hours says from when on it may run', () => {
  const closed = { ...alive, closedUntil: now + 4 * 3_600_000 };
  assert.equal(
    why({ waitingFor: 'window' }, closed),
    'waits for the hours in which downloads may run, from 18:00:00 on (in 4h), 450 MB of 1 GB are kept',
  );
  assert.match(
    why({ waitingFor: 'window', bytesDownloaded: 0 }, { ...alive, closedUntil: Infinity }),
    /may run, and limits\.schedule leaves none$/,
  );
  const retrying = { status: 'retrying', nextAttemptAt: now + 1000 } as const;
  assert.match(why(retrying, closed), /; the next try waits for the hours .*, from 18:00:00 on/);
  assert.match(why({ ...retrying, nextAttemptAt: now + 5 * 3_600_000 }, closed), /the next try is at 19:00:00/);
});

test('a running download names its process, and tells when that process is gone', () => {
  assert.equal(why({ status: 'downloading' }), 'downloading, 450 MB of 1 GB so far, by `get` (process 42 on tower)');
  const live = { bytes: 460_000_000, totalBytes: 1_000_000_000, speed: 3_200_000, eta: 170_000 };
  const moving = { ...base, status: 'downloading', live } as const;
  assert.match(whyOf(moving, alive, now), /^downloading, 460 MB of 1 GB so far at 3\.2 MB\/s, .* to go, by `get`/);
  assert.match(
    why({ status: 'downloading' }, dead),
    /stopped while it was downloading, 450 MB of 1 GB are kept; go on with: longhaul resume-downloads$/,
  );
  assert.match(why({ status: 'downloading' }, { ...dead, willRun: true }), /another takes it over at once$/);
  assert.equal(
    why({ status: 'processing' }),
    'the bytes are in place, what is left to do is done, by `get` (process 42 on tower)',
  );
});

test('a retrying download tells the reason, the tries and when it goes on', () => {
  const change = {
    status: 'retrying',
    waitingFor: 'backoff',
    triesInVain: 2,
    nextAttemptAt: now + 309_000,
    errorMessage: 'connection refused.',
  } as const;
  assert.equal(
    why(change),
    'the last try failed: connection refused, 2 of 5 tries used; the next try is at 14:05:09 (in 5m 9s), or at once with: longhaul retry 7',
  );
  assert.match(why({ ...change, nextAttemptAt: now + 39 }), /used; the next try follows in 1 s$/);
  assert.match(why({ ...change, options: { maxTries: 9 } }), /2 of 9 tries/);
  assert.match(why({ ...change, waitingFor: 'quota' }), /^the host's quota is used up/);
  const full = 'the disk is full in /d; it goes on by itself when there is space';
  assert.match(
    why({ ...change, triesInVain: 0, waitingFor: 'no_space', errorMessage: full }),
    /^the disk is full in \/d; it goes on by itself when there is space \(this does not count as a try\); the next try is at/,
  );
  assert.match(why({ ...change, nextAttemptAt: now - 1 }), /the next try is due now$/);
  assert.match(why(change, nobody), /nobody is running who would take it, go on with: longhaul resume-downloads$/);
});

test('the ends say what was delivered, why it failed, and how to begin again', () => {
  assert.equal(
    why({ status: 'completed', fileSize: 1_000_000_000, integrity: 'checksum' }),
    'delivered: 1 GB, its digest was checked',
  );
  assert.equal(
    why({ status: 'failed', errorMessage: '404: not there.' }),
    '404: not there; try again with: longhaul retry 7',
  );
  assert.match(why({ status: 'paused' }), /go on with: longhaul resume 7$/);
  const link = { status: 'failed', errorClass: 'link', errorMessage: 'the key is wrong; copy the link again' } as const;
  assert.equal(why({ ...link, source: 'mega' }), 'the key is wrong; copy the link again');
  const media = {
    status: 'failed',
    errorClass: 'media',
    errorMessage: 'convert: no sound',
    downloadPath: '/d/f',
  } as const;
  assert.equal(why(media), 'convert: no sound');
  const inVain = (change: Partial<Download>) =>
    !why({ status: 'failed', errorMessage: 'no', ...change }).includes('retry');
  assert.ok(inVain({ errorClass: 'unsupported', source: 'stream' }), 'DASH stays DASH');
  assert.ok(inVain({ errorClass: 'gone', source: 'mega' }));
  assert.ok(!inVain({ errorClass: 'suspect', downloadPath: '/d/f.zip' }), 'a limit that can be raised');
  assert.ok(inVain({ errorClass: 'link', source: 'torrent' }));
  assert.ok(!inVain({ errorClass: 'link', source: 'mega', downloadPath: '/d/f' }), 'a step that can be corrected');
  assert.ok(!inVain({ errorClass: 'media', source: 'stream' }), 'a live stream has an end');
  assert.ok(
    !inVain({ errorClass: 'suspect' }) && !inVain({ errorClass: 'refused' }) && !inVain({ errorClass: 'link' }),
  );
  const chosen = 'none of its 3 files is chosen by *.iso; choose others with --select';
  assert.match(why({ ...link, source: 'mega', errorMessage: chosen }), /longhaul retry 7 --select FILES$/);
  assert.match(why({ status: 'cancelled' }), /longhaul retry 7$/);
  assert.match(why({ status: 'cleaned' }), /longhaul retry 7$/);
});

test('a wish that is not obeyed yet comes before everything else', () => {
  assert.equal(
    why({ status: 'downloading', wish: 'pause' }),
    'it was asked to pause; `get` (process 42 on tower) obeys within a second',
  );
  assert.match(why({ status: 'downloading', wish: 'cancel' }, dead), /stopped; whoever takes it over obeys first$/);
});

test('every state, wish and reason gives one sentence, without holes', () => {
  const some = fc.record({
    status: fc.constantFrom(...statuses),
    wish: fc.option(fc.constantFrom(...wishes)),
    waitingFor: fc.option(fc.constantFrom(...waits, ...retryReasons)),
    totalBytes: fc.option(fc.nat()),
    bytesDownloaded: fc.nat(),
    integrity: fc.option(fc.constantFrom(...integrities)),
    triesInVain: fc.nat(9),
    nextAttemptAt: fc.option(fc.integer({ min: now - 100_000, max: now + 1_000_000_000 })),
    errorMessage: fc.option(fc.constant('it broke.')),
  });
  fc.assert(
    fc.property(some, fc.constantFrom(alive, dead, nobody), (change, facts) => {
      const sentence = why(change, facts);
      assert.ok(sentence.length > 10 && !sentence.includes('\n'));
      assert.doesNotMatch(sentence, /undefined|null|NaN|\.$|\s{2}/);
    }),
  );
});

test('of a download whose bytes are in place the step is named that runs; at the end the address of what was uploaded', () => {
  const steps = plannedSteps(['convert=aac:128', 'upload=catbox']).map((step, at) =>
    at === 0 ? { ...step, status: 'completed' as const } : step,
  );
  const running = why({ status: 'processing' }, { ...alive, steps });
  assert.match(running, /^the bytes are in place, upload=catbox \(step 2 of 2\) runs, by/);
  const done = { status: 'completed', resultLink: 'https://host/x', downloadPath: null } as const;
  assert.equal(
    why({ ...done, options: { keep: 'none' } }),
    'done; nothing of it is kept here; it is at https://host/x',
  );
});
