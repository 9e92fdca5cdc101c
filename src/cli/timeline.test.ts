import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DownloadEvent, eventKinds } from '../downloads/events.ts';
import { momentText } from '../downloads/words.ts';
import { lookOf } from './look.ts';
import { eventLine } from './timeline.ts';

const now = 1_795_257_231_720;
const look = lookOf({ colour: false, unicode: true });
const lineOf = (event: Partial<DownloadEvent>) =>
  eventLine(
    {
      id: 1,
      at: now,
      downloadId: 1,
      uid: 'u',
      kind: 'state',
      from: null,
      to: null,
      detail: {},
      category: null,
      metadata: {},
      ...event,
    },
    look,
    now,
  ).replace(`${momentText(now, now)}  `, '');

test('a timeline speaks in words: no names of columns, no raw times, no uids', () => {
  const retrying = { reason: 'backoff', nextAttemptAt: now + 5000, counts: true, error: 'network', message: 'reset' };
  assert.equal(
    lineOf({ from: 'downloading', to: 'retrying', detail: retrying }),
    `downloading → retrying  backoff, next try ${momentText(now + 5000, now)}, network`,
  );
  assert.equal(lineOf({ from: 'pending', to: 'downloading', detail: { token: 1 } }), 'pending → downloading');
  const lost = { why: 'its process ended', instance: '01a1fdaf-0000-7000-8000-000000000000' };
  assert.equal(
    lineOf({ from: 'downloading', to: 'pending', detail: lost }),
    'downloading → pending  its process ended',
  );
  assert.equal(lineOf({ kind: 'wish', detail: { wish: 'pause' } }), 'asked  to pause');
  assert.equal(
    lineOf({ kind: 'wish', detail: { wish: 'remove', deleteFiles: true } }),
    'asked  to remove, and delete the files',
  );
  assert.equal(
    lineOf({ kind: 'resolved', detail: { name: 'film.mkv', totalBytes: 12_300_000, files: 1 } }),
    'found  film.mkv, 12.3 MB, 1 file',
  );
  assert.equal(lineOf({ kind: 'limited', detail: { rate: 500_000 } }), 'limited  500kB/s');
});

test('property: whatever stands in an event, its line is one line', () => {
  const detail = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>;
  fc.assert(
    fc.property(fc.constantFrom(...eventKinds), detail, (kind, given) => {
      const line = lineOf({ kind, detail: given });
      for (const broken of ['\n', '\r', '\u001b']) assert.ok(!line.includes(broken), line);
    }),
  );
});
